//go:build qemu

package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"bennu/tools/internal/qemu"
)

// demo runs one mode of the demo on what make built.
func demo(t *testing.T, o options) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var out strings.Builder
	if status := run(ctx, o, &out); status != 0 {
		t.Errorf("status %d\n%s", status, out.String())
		return
	}
	t.Log(out.String())
}

// Every service dies in every way; the others live on, and no resource is lost. Instruction-counted
// time: a busy host cannot make a heartbeat late. 8 ns an instruction, so that the seconds of a hang
// are over soon.
func TestEveryDeath(t *testing.T) { demo(t, options{config: qemu.Config{Icount: "3"}}) }

// The same on the other chipset.
func TestEveryDeathOnPC(t *testing.T) {
	demo(t, options{config: qemu.Config{Machine: "pc", Icount: "3"}})
}

// Many deaths in one boot leave the resources of the first.
func TestManyDeaths(t *testing.T) {
	demo(t, options{deaths: manyDeaths, config: qemu.Config{Icount: "0"}})
}

// Sixteen services take what they can get, and answer their pings: nobody else dies, nobody waits longer than promised,
// and the accounts sum up to the machine's time. Those of boot/hog, some that are drawn, and those who ask most for the least of their own.
func TestHogs(t *testing.T) {
	for _, table := range hogsTested {
		t.Run(table, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			var out strings.Builder
			o := options{hogs: table, seconds: 3, config: qemu.Config{Icount: "3"}}
			if status := runHogs(ctx, o, &out); status != 0 {
				t.Errorf("status %d\n%s", status, out.String())
			}
			t.Log(out.String())
		})
	}
}
