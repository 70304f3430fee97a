// Package runner runs a campaign's groups on machines, and makes results of what they write.
package runner

import (
	"context"
	"errors"
	"fmt"

	"bennu/rs/fi/outcome"
	"bennu/rs/fi/record"
	"bennu/tools/campaign/machine"
)

// block is what a machine told of one.
type block struct {
	begin  *record.Begin   // nil: the machine ended before it
	drawn  []*record.Fault // that were about to be made
	faults []*record.Fault
	end    *record.End // nil: the machine ended in it
}

// boot is what a machine told.
type boot struct {
	first  uint32
	hello  *record.Hello
	blocks []block // that have ended
	open   block   // the one after them, so far
	bye    *record.Bye

	// Why it ended without Bye: KernelCrash, MachineHang, or Infrastructure. The first of them is certain; the others may be the host's doing.
	failed *failure
}

type failure struct {
	outcome outcome.Outcome
	words   string
	log     string
}

// at is the block that the boot had come to.
func (b *boot) at() uint32 { return b.first + uint32(len(b.blocks)) }

// certain tells that another boot would come to the same.
func (b *boot) certain() bool { return b.failed == nil || b.failed.outcome == outcome.KernelCrash }

// repeats tells that two boots failed alike.
func (b *boot) repeats(o *boot) bool {
	return o != nil && b.failed.outcome == o.failed.outcome && b.at() == o.at() && (b.hello == nil) == (o.hello == nil)
}

// read starts a machine and reads what it writes, up to its end, its Bye, or the end of a block where last is true.
//
// Errors: ctx's, *machine.Fatal.
func read(ctx context.Context, m machine.Machine, mb machine.Boot, last func(block uint32) bool) (*boot, error) {
	b := &boot{first: mb.Plan.First}
	s, err := m.Start(ctx, mb)
	if err != nil {
		return b, b.ended(err, 0)
	}
	defer s.Close()
	var buf []byte
	for {
		more, err := s.Read(ctx)
		buf = append(buf, more...)
		for {
			f, rest, bad := record.Next(buf)
			if bad == record.ErrShort {
				break
			}
			if bad == nil {
				bad = b.take(f, &mb)
			}
			if bad != nil {
				b.failed = &failure{outcome: outcome.Infrastructure, words: "the record stream is damaged: " + bad.Error()}
				return b, nil
			}
			buf = rest
			if n := len(b.blocks); b.bye != nil || n > 0 && b.open.begin == nil && last != nil && last(b.blocks[n-1].end.Block) {
				return b, nil
			}
		}
		if err != nil {
			return b, b.ended(err, len(buf))
		}
	}
}

// ended makes a failure of a machine's end; left are the bytes of a frame that is not whole.
func (b *boot) ended(err error, left int) error {
	var end *machine.End
	if !errors.As(err, &end) {
		return err
	}
	f := &failure{outcome: outcome.KernelCrash, words: end.Error(), log: end.Log}
	switch end.How {
	case machine.Silent:
		f.outcome = outcome.MachineHang
	case machine.NotStarted:
		f.outcome = outcome.Infrastructure
	case machine.Off:
		f.words = "powered off before the plan's end"
		if left > 0 {
			f.outcome, f.words = outcome.Infrastructure, "the record stream ends within a frame"
		}
	}
	b.failed = f
	return nil
}

// take takes the next frame. Errors: it is not what has to come.
func (b *boot) take(f record.Frame, mb *machine.Boot) error {
	if h, ok := f.(*record.Hello); ok {
		if b.hello != nil {
			return errors.New("a second hello")
		}
		if want := mb.Plan.String(); h.Plan != want {
			return fmt.Errorf("the injector's plan is %q: expected %q", h.Plan, want)
		}
		b.hello = h
		return nil
	}
	if bye, ok := f.(*record.Bye); ok && b.hello == nil {
		return errors.New("the injector gives up before its hello: " + bye.Words)
	}
	if b.hello == nil {
		return fmt.Errorf("%T before hello", f)
	}
	o := &b.open
	switch f := f.(type) {
	case *record.Begin:
		if o.begin != nil || f.Block != b.at() || b.at()-b.first >= mb.Plan.Blocks {
			return fmt.Errorf("block %d begins where block %d has to", f.Block, b.at())
		}
		o.begin = f
	case *record.Drawn:
		if o.begin == nil || len(o.faults) > 0 || int(f.Index) >= mb.Plan.Faults || int(f.Type) >= len(b.hello.Types) || int(f.Stratum) >= len(b.hello.Sites) {
			return fmt.Errorf("fault %d is drawn where none has to be in block %d", f.Index, b.at())
		}
		o.drawn = append(o.drawn, (*record.Fault)(f))
	case *record.Fault:
		if o.begin == nil || len(o.faults) > 0 && o.faults[len(o.faults)-1].Index >= f.Index || int(f.Index) >= mb.Plan.Faults {
			return fmt.Errorf("fault %d of block %d is out of order", f.Index, b.at())
		}
		if int(f.Type) >= len(b.hello.Types) || int(f.Stratum) >= len(b.hello.Sites) {
			return fmt.Errorf("fault %d of block %d has type %d of %d, stratum %d of %d", f.Index, b.at(), f.Type, len(b.hello.Types), f.Stratum, len(b.hello.Sites))
		}
		o.faults = append(o.faults, f)
	case *record.End:
		if o.begin == nil || f.Block != b.at() || f.Outcome >= outcome.Outcomes {
			return fmt.Errorf("block %d ends where block %d has to", f.Block, b.at())
		}
		o.end = f
		b.blocks = append(b.blocks, *o)
		b.open = block{}
	case *record.Bye:
		if f.Words == "" && (o.begin != nil || uint32(len(b.blocks)) != mb.Plan.Blocks) {
			return fmt.Errorf("bye in block %d, after %d of %d blocks", b.at(), len(b.blocks), mb.Plan.Blocks)
		}
		b.bye = f
	}
	return nil
}
