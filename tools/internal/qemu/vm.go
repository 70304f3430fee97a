package qemu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// VM is a machine that was started. Its methods may be used from several goroutines; lines
// of COM1 go to whoever asks first.
type VM struct {
	// ControlSocket is COM2's UNIX socket, "" without Config.Control.
	ControlSocket string

	config  Config
	cmd     *exec.Cmd
	dir     string // of the sockets and qemu.sh's temporary files
	console *stream
	errors  *stream // what qemu.sh and QEMU say
	stdin   io.WriteCloser
	klog    *stream       // the kernel's log
	klogEnd *os.File      // closing it ends klog
	klogEOF chan struct{} // closed when klog has all of it
	done    chan struct{} // closed when qemu.sh has ended
	status  int           // valid after done
	waitErr error         // why there is no status
}

// Start boots a machine. It is killed when ctx ends; Close ends it earlier.
//
// Errors: *InfraError. That QEMU did not like its arguments is known only at the first wait.
func Start(ctx context.Context, c Config) (*VM, error) {
	if c.Silence == 0 {
		c.Silence = DefaultSilence
	}
	if c.Script == "" {
		root, err := Root()
		if err != nil {
			return nil, &InfraError{Err: err}
		}
		c.Script = filepath.Join(root, "qemu.sh")
	}
	v := &VM{config: c, console: newStream(), errors: newStream(), klog: newStream(), klogEOF: make(chan struct{}), done: make(chan struct{})}
	if err := v.start(ctx); err != nil {
		v.removeDir()
		return nil, &InfraError{Err: err}
	}
	go v.wait()
	return v, nil
}

func (v *VM) start(ctx context.Context) (err error) {
	c := &v.config
	args := append([]string(nil), c.Args...)
	// The path of a UNIX socket is short: not below a test's own folder.
	if v.dir, err = os.MkdirTemp("", "bennu-"); err != nil {
		return err
	}
	if c.Control {
		v.ControlSocket = filepath.Join(v.dir, "ctl")
	}
	if c.QMP {
		args = append(args, "-qmp", "unix:"+v.qmpSocket()+",server=on,wait=off")
	}
	for _, a := range args {
		if strings.ContainsAny(a, " \t\n*?[") {
			return fmt.Errorf("qemu argument %q: qemu.sh would split it", a)
		}
	}
	klog := filepath.Join(v.dir, "klog")
	r, hold, err := fifo(klog)
	if err != nil {
		return err
	}
	v.klogEnd = hold
	go func() {
		io.Copy(v.klog, r) // ends with hold, or with what the stream cannot refuse
		r.Close()
		v.klog.close()
		close(v.klogEOF)
	}()
	v.cmd = exec.CommandContext(ctx, c.Script)
	v.cmd.Env = append(c.env(v.ControlSocket), "QEMU_ARGS="+strings.Join(args, " "), "TMPDIR="+v.dir)
	if !c.NoKernelLog {
		v.cmd.Env = append(v.cmd.Env, "KLOG="+klog)
	}
	v.cmd.Stdout, v.cmd.Stderr = tee(v.console, c.Console), tee(v.errors, c.Console)
	ownGroup(v.cmd)
	v.cmd.Cancel = func() error { return killGroup(v.cmd) }
	v.cmd.WaitDelay = 5 * time.Second
	if v.stdin, err = v.cmd.StdinPipe(); err == nil {
		err = v.cmd.Start()
	}
	if err != nil {
		hold.Close()
	}
	return err
}

func tee(s *stream, w io.Writer) io.Writer {
	if w == nil {
		return s
	}
	return io.MultiWriter(s, w)
}

// wait collects the end of qemu.sh.
func (v *VM) wait() {
	err := v.cmd.Wait()
	v.status = v.cmd.ProcessState.ExitCode()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		v.waitErr = err
	}
	v.klogEnd.Close()
	<-v.klogEOF
	v.removeDir()
	close(v.done)
	v.console.close()
	v.errors.close()
}

func (v *VM) removeDir() {
	if v.dir != "" {
		os.RemoveAll(v.dir)
	}
}

// Line takes the next line of COM1. io.EOF is the machine's end: Wait tells how it ended.
//
// Errors: io.EOF, *TimeoutError, *InfraError.
func (v *VM) Line(ctx context.Context) (string, error) {
	l, err := v.console.line(ctx, v.config.Silence)
	if err == io.EOF {
		if e := v.infra(); e != nil {
			return "", e
		}
		return "", io.EOF
	}
	return l, v.explain(err, "a line")
}

// WaitLine takes lines of COM1 until re matches one, and returns that.
//
// Errors: *TimeoutError, *EndError, *BootError, *InfraError.
func (v *VM) WaitLine(ctx context.Context, re *regexp.Regexp) (string, error) {
	l, err := v.console.match(ctx, v.config.Silence, re)
	return l, v.explain(err, fmt.Sprintf("a line that matches %q", re))
}

// WaitText takes COM1's text until re matches, which need not be in a line that has ended,
// and returns the match. Lines end with "\r\n" here, as they came.
//
// Errors: as WaitLine.
func (v *VM) WaitText(ctx context.Context, re *regexp.Regexp) (string, error) {
	l, err := v.console.matchText(ctx, v.config.Silence, re)
	return l, v.explain(err, fmt.Sprintf("text that matches %q", re))
}

// Wait waits for the machine's end, and returns qemu.sh's exit status (StatusOff and its
// like). Lines that nobody took do not matter.
//
// Errors: *TimeoutError, *InfraError.
func (v *VM) Wait(ctx context.Context) (status int, err error) {
	err = v.console.await(ctx, v.config.Silence, func(_ []byte, closed bool) (int, bool) { return 0, closed })
	if err != nil {
		return -1, v.explain(err, "the machine's end")
	}
	if e := v.infra(); e != nil {
		return v.status, e
	}
	return v.status, nil
}

// explain makes an error of this package from a stream's.
func (v *VM) explain(err error, want string) error {
	switch err {
	case nil:
		return nil
	case errSilent:
		return &TimeoutError{Want: want, Silent: v.config.Silence, Log: v.Log()}
	case io.EOF:
		if e := v.infra(); e != nil {
			return e
		}
		if v.console.text() == "" || v.status == StatusRefused {
			return &BootError{Status: v.status, Log: v.Log()}
		}
		return &EndError{Want: want, Status: v.status, Log: v.Log()}
	}
	return &TimeoutError{Want: want, Err: err, Log: v.Log()}
}

// infra tells whether the end that has come was QEMU's own fault. An *InfraError or nil.
func (v *VM) infra() error {
	<-v.done
	if v.waitErr == nil && v.status >= 0 && v.status < 126 && v.status != StatusQEMU && v.status != StatusMissing {
		return nil
	}
	err := v.waitErr
	if err == nil {
		err = fmt.Errorf("status %d (%s)", v.status, StatusText(v.status))
	}
	return &InfraError{Err: err, Log: v.Log()}
}

// Send types text on COM1.
func (v *VM) Send(text string) error {
	_, err := io.WriteString(v.stdin, text)
	return err
}

// KernelLog is all of the kernel's log so far. COM1 has it only until the console's driver runs.
func (v *VM) KernelLog() string { return v.klog.text() }

// WaitKernelLine is WaitLine for the kernel's log.
func (v *VM) WaitKernelLine(ctx context.Context, re *regexp.Regexp) (string, error) {
	l, err := v.klog.match(ctx, v.config.Silence, re)
	return l, v.explain(err, fmt.Sprintf("a line of the kernel's log that matches %q", re))
}

// Log is all that COM1, the kernel, qemu.sh and QEMU have printed.
func (v *VM) Log() string {
	s := v.console.text()
	if k := v.KernelLog(); k != "" && !strings.Contains(s, k) {
		s = strings.TrimRight(s, "\n") + "\n--- the kernel's log:\n" + k
	}
	if e := v.errors.text(); e != "" {
		s = strings.TrimRight(s, "\n") + "\n" + e
	}
	return s
}

// Close kills the machine if it still runs, and returns when nothing of it is left.
func (v *VM) Close() {
	select {
	case <-v.done: // its process number may be another's by now
	default:
		killGroup(v.cmd)
		<-v.done
	}
}

// Quit asks QEMU to end, and waits for it, so that what it writes at its end is whole.
func (v *VM) Quit() error {
	select {
	case <-v.done:
		return nil
	default:
	}
	err := v.cmd.Process.Signal(syscall.SIGTERM)
	<-v.done
	return err
}

// Dial connects to the control port (Config.Control). QEMU takes one connection at a time.
//
// Errors: *EndError, *InfraError (the machine ended first), *TimeoutError.
func (v *VM) Dial(ctx context.Context) (net.Conn, error) { return v.dial(ctx, v.ControlSocket) }

func (v *VM) dial(ctx context.Context, socket string) (net.Conn, error) {
	const want = "a connection to QEMU's socket"
	if socket == "" {
		return nil, errors.New("the machine was started without that socket")
	}
	var d net.Dialer
	for {
		c, err := d.DialContext(ctx, "unix", socket)
		if err == nil {
			return c, nil
		}
		// QEMU makes the socket a moment after its start, and says so to nobody.
		select {
		case <-time.After(5 * time.Millisecond):
		case <-v.done:
			return nil, v.explain(io.EOF, want)
		case <-ctx.Done():
			return nil, &TimeoutError{Want: want, Err: ctx.Err(), Log: v.Log()}
		}
	}
}
