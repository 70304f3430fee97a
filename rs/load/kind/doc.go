// Package kind has an operation for each kind of service of this tree that campaigns break, one in a file. A new one is a work.Kind, and a row in
// Of's table.
package kind

import "bennu/rs/load/work"

var kinds = map[string]func() work.Kind{
	"faulty": func() work.Kind { return echo{} },
	"sum":    func() work.Kind { return new(sums) },
	"rtc":    func() work.Kind { return new(clock) },
	"kbd":    func() work.Kind { return new(keyboard) },
	"tty":    func() work.Kind { return new(console) },
	"shell":  func() work.Kind { return newShell() },
	"ctl":    func() work.Kind { return newControl() },
	"ds":     func() work.Kind { return new(store) },
	"rs":     func() work.Kind { return new(everybody) },
}

// Of makes the Kind of a service by its label; nil: there is none.
func Of(label string) work.Kind {
	if make := kinds[label]; make != nil {
		return make()
	}
	return nil
}
