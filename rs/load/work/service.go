package work

import (
	"strings"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// defaultLife is how long the victim's next life may take to come.
const defaultLife = time.Second

// Service is the workload as a service. Its fields are set before it starts.
type Service struct {
	// Kinds makes the Kind of a label; nil: nobody knows what an operation on that is.
	Kinds func(label string) Kind
	// Trace is how it reaches the victim's device; nil: it has no right to.
	Trace func(c *sdk.Context) Tracer

	site   *Site   // the victim; nil: it has none
	others []*Site // in the order of `others=`
	life   time.Duration
	run    *run
	dead   grave
	before *abi.Counts // what was free when it looked first
	rows   []abi.ServiceStatus
}

// Init is sdk.Driver.
func (w *Service) Init(c *sdk.Context) error {
	w.life = defaultLife
	role := ""
	for _, arg := range c.Args() {
		word, value, _ := strings.Cut(arg, "=")
		switch word {
		case "victim":
			s, err := w.newSite(c, value)
			if err != nil {
				return err
			}
			w.site = s
		case "others":
			for label := range strings.SplitSeq(value, ",") {
				s, err := w.newSite(c, label)
				if err != nil {
					return err
				}
				w.others = append(w.others, s)
			}
		case "life":
			d, err := time.ParseDuration(value)
			if err != nil || d <= 0 || d > maxLimit {
				return sdk.Fail(abi.EINVAL, "args: ", arg, ": expected a time such as life=500ms, at most 1h")
			}
			w.life = d
		case "role":
			role = value
		default:
			return sdk.Fail(abi.EINVAL, "args: ", arg, ": expected victim=, others=, role= or life=")
		}
	}
	return w.check(role)
}

// check refuses arguments that do not go together.
func (w *Service) check(role string) error {
	if len(w.others) > load.MaxOthers {
		return sdk.Fail(abi.E2BIG, "args: others=: ", sdk.Dec(uint64(len(w.others))), " labels, expected at most ", sdk.Dec(load.MaxOthers))
	}
	waits := false
	if w.site != nil {
		_, waits = w.site.kind.(Waiter)
	}
	switch {
	case role != "" && role != "tty":
		return sdk.Fail(abi.EINVAL, "args: role=", role, ": expected role=tty")
	case role == "tty" && !waits:
		return sdk.Fail(abi.EINVAL, "args: role=tty: expected a victim that asks the console, victim=shell")
	case role == "" && waits:
		return sdk.Fail(abi.EINVAL, "args: victim=", w.site.Label, ": expected role=tty beside it: it is asked by its victim, which looks for a service tty")
	}
	return nil
}

func (w *Service) newSite(c *sdk.Context, label string) (*Site, error) {
	if _, ok := abi.MakeLabel(label); !ok {
		return nil, sdk.Fail(abi.EINVAL, "args: ", label, ": expected a label")
	}
	k := w.Kinds(label)
	if k == nil {
		return nil, sdk.Fail(abi.EINVAL, "args: ", label, ": no operation on that service is known")
	}
	s := &Site{C: c, Label: label, Ep: abi.None, kind: k}
	if w.Trace != nil {
		s.Trace = w.Trace(c)
	}
	return s, nil
}

// Message is sdk.Driver.
func (w *Service) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	switch m.Type {
	case load.Run:
		w.begin(c, m)
	case load.Others:
		w.look(c, m)
	case load.Stop:
		w.stop(c)
		c.Reply(m, abi.OK)
	default:
		if w.site != nil {
			if k, ok := w.site.kind.(Waiter); ok && k.Message(w.site, m) {
				return
			}
		}
		c.Reply(m, abi.ENOSYS)
	}
}

// stop ends the Run at the next turn, or at once if its operation waits.
func (w *Service) stop(c *sdk.Context) {
	if w.run == nil {
		return
	}
	w.run.stopped = true
	if w.run.waits {
		w.end(c, load.Stopped, abi.OK)
	}
}

// Alarm is sdk.Alarmer.
func (w *Service) Alarm(c *sdk.Context) {
	switch {
	case w.run == nil:
	case w.run.waits:
		w.expire(c)
	default:
		w.turn(c)
	}
}

// Stop is sdk.Stopper.
func (w *Service) Stop(c *sdk.Context) {
	if w.run != nil {
		w.end(c, load.Stopped, abi.EINTR)
	}
}
