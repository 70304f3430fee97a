package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"bennu/tools/internal/qemu"
)

// micro boots the kernel's benchmark and collects what it prints.
func micro(ctx context.Context, o *options, r *Report) error {
	c := o.config(o.micro)
	vm, err := qemu.Start(ctx, c)
	if err != nil {
		return err
	}
	defer vm.Close()
	complete := false
	for {
		line, err := vm.Line(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		f, ok, err := parseLine(line)
		switch {
		case err != nil:
			return err
		case ok && f.Name == done:
			complete = true
		case ok:
			r.add(f)
		}
	}
	status, err := vm.Wait(ctx)
	if err == nil && status != qemu.StatusOff {
		err = fmt.Errorf("the kernel's benchmark ended with status %d (%s)\n%s", status, qemu.StatusText(status), vm.Log())
	}
	if err == nil && !complete {
		err = errors.New("the kernel's benchmark ended too early\n" + vm.Log())
	}
	return err
}
