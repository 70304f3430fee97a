package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"bennu/tools/internal/figure"
	"bennu/tools/internal/qemu"
)

// micro boots the kernel's benchmark.
func micro(ctx context.Context, o *options, r *Report) error {
	figures, err := collect(ctx, o.config(o.micro))
	r.add(figures...)
	return err
}

// collect boots a machine that measures by itself, and takes what it prints. Errors: also when it ends
// before it is done.
func collect(ctx context.Context, c qemu.Config) (figures []figure.Figure, err error) {
	vm, err := qemu.Start(ctx, c)
	if err != nil {
		return nil, err
	}
	defer vm.Close()
	complete := false
	for {
		line, err := vm.Line(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return figures, err
		}
		f, ok, err := parseLine(line)
		switch {
		case err != nil:
			return figures, err
		case ok && f.Name == done:
			complete = true
		case ok:
			figures = append(figures, f)
		}
	}
	status, err := vm.Wait(ctx)
	if err == nil && status != qemu.StatusOff {
		err = fmt.Errorf("the benchmark ended with status %d (%s)\n%s", status, qemu.StatusText(status), vm.Log())
	}
	if err == nil && !complete {
		err = errors.New("the benchmark ended too early\n" + vm.Log())
	}
	return figures, err
}
