package main

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/record"
)

// An injector that is asked to stop, as a reincarnation server does that has gone wrong, tells what came of the block before it ends: a machine without it would be silent.
func TestAskedToStop(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	b.reach(b.planted()[1])
	b.Deliver(abi.Msg{Source: b.j.c.Root(), Type: abi.RSStop}, abi.KindSendA)
	l := b.frames()
	end, ok := l[len(l)-2].(*record.End)
	if !ok || end.Outcome != outcome.Collateral || len(end.Collaterals) != 1 || end.Collaterals[0] != "swifi: stopped" {
		t.Errorf("%+v", l[len(l)-2])
	}
	b.ended("nobody is left to go on")
}
