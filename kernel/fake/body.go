package fake

import "iter"

// body is the code of a task: a coroutine that gives way where it waits.
type body struct {
	next    func() (struct{}, bool)
	halt    func()
	yield   func(struct{}) bool
	running bool
	over    bool
}

// stopped unwinds the code of a task that has been ended from outside.
type stopped struct{}

// Run gives the task its code, which begins with the first Resume.
func (t *Task) Run(code func()) {
	b := new(body)
	b.next, b.halt = iter.Pull(func(yield func(struct{}) bool) {
		b.yield = yield
		defer func() {
			b.over = true
			if v := recover(); v != nil {
				if _, ok := v.(stopped); !ok {
					panic(v)
				}
			}
		}()
		code()
	})
	t.body = b
}

// Runs tells whether the task has code that could go on now.
func (t *Task) Runs() bool { return t.body != nil && !t.body.over && t.k.Wait == 0 }

// Running tells whether it is the one that runs now.
func (t *Task) Running() bool { return t.body != nil && t.body.running }

// Over tells whether its code has come to its end.
func (t *Task) Over() bool { return t.body != nil && t.body.over }

// Resume lets the code go on until it waits, gives way, or ends.
func (t *Task) Resume() {
	t.body.running = true
	t.body.next()
	t.body.running = false
}

// Yield lets others go on, as an interrupt at this place would.
func (t *Task) Yield() {
	if b := t.body; b != nil && b.running && !b.yield(struct{}{}) {
		panic(stopped{})
	}
}

// wait gives way until the call is over. False: the task has ended meanwhile.
func (t *Task) wait(c Call) bool {
	for !t.Dead() && t.Waits() {
		switch {
		case t.Running():
			t.Yield()
		case t.Hooks != nil && t.Hooks.Stuck != nil:
			t.Hooks.Stuck(c)
		default:
			panic("kernel/fake: a task without code waits: use Begin…")
		}
	}
	return !t.Dead()
}

// stop unwinds the code. What it defers finds that every call fails. A task that ends itself just ends.
func (t *Task) stop() {
	if b := t.body; b != nil && !b.running && !b.over {
		b.running = true
		b.halt()
		b.running, b.over = false, true
	}
}
