//go:build linux

package bochs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"bennu/tools/internal/grub"
)

// Config says what to boot.
type Config struct {
	Kernel  string // ELF with a Multiboot2 header
	Archive string // boot archive
	CmdLine string
	Model   string // of the CPU, as "bochs --help cpu" spells it; "": DefaultModel
	// Debug takes lines from the debug console (port E9) and not from COM1, which is as slow here as a real one: the
	// kernel does not wait for it, and tells only how many lines it has left out. Lines of the debug console have the
	// kernel's stamp; what is in front of one is Bochs's screen.
	Debug bool
}

// DefaultModel is one that has UMIP.
const DefaultModel = "corei7_icelake_u"

// silence is how long nothing may come: Bochs is 50 times slower than a CPU.
const silence = 3 * time.Minute

// ips is how many instructions make a second of the guest's. Low enough that the clocks of the guest do not
// outrun what the emulator does.
const ips = "50000000"

// VM is a machine that was started.
type VM struct {
	cmd   *exec.Cmd
	dir   string
	hold  *os.File // closing it ends COM1
	lines chan string
	done  chan struct{}
	err   error // valid after done
	mu    sync.Mutex
	log   strings.Builder
}

// config is bochsrc. Standard input is a file that can always be read: else this Bochs waits for a key whenever the
// guest idles. Nothing is drawn for anybody, but there is no display library that does less.
const config = `config_interface: textconfig
display_library: term
cpu: model=%s, count=1, ips=` + ips + `, reset_on_triple_fault=0
megs: 256
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
pci: enabled=1, chipset=i440fx
ata0: enabled=1
ata0-master: type=cdrom, path=cd.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=com1
com2: enabled=1, mode=null
port_e9_hack: enabled=1
log: bochs.log
clock: sync=none, time0=utc
panic: action=fatal, keyboard=report
error: action=report
info: action=ignore
`

// Start boots a machine. It is killed when ctx ends; Close ends it earlier.
func Start(ctx context.Context, c Config) (*VM, error) {
	if c.Model == "" {
		c.Model = DefaultModel
	}
	dir, err := os.MkdirTemp("", "bennu-bochs-")
	if err != nil {
		return nil, err
	}
	v := &VM{dir: dir, lines: make(chan string, 64), done: make(chan struct{})}
	if err := v.start(ctx, &c); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("Bochs did not run: %w", err)
	}
	return v, nil
}

func (v *VM) start(ctx context.Context, c *Config) error {
	if _, err := (&grub.CD{Kernel: c.Kernel, CmdLine: c.CmdLine, Modules: []string{c.Archive}}).Make(v.dir); err != nil {
		return err
	}
	for name, text := range map[string]string{"bochsrc": fmt.Sprintf(config, c.Model), "debugger": "c\n"} {
		if err := os.WriteFile(filepath.Join(v.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	com1 := filepath.Join(v.dir, "com1")
	if err := syscall.Mkfifo(com1, 0o600); err != nil {
		return err
	}
	r, err := os.OpenFile(com1, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	if v.hold, err = os.OpenFile(com1, os.O_WRONLY, 0); err != nil {
		r.Close()
		return err
	}
	v.cmd = exec.CommandContext(ctx, "bochs", "-q", "-f", "bochsrc", "-rc", "debugger")
	v.cmd.Dir = v.dir
	v.cmd.Env = append(os.Environ(), "TERM=xterm", "LINES=50", "COLUMNS=132")
	v.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// The debug console is on standard output, and so is the screen.
	out, in, err := os.Pipe()
	if err == nil {
		v.cmd.Stdout, v.cmd.Stderr = in, in
		err = v.cmd.Start()
		in.Close()
	}
	if err != nil {
		r.Close()
		v.hold.Close()
		return err
	}
	if c.Debug {
		go io.Copy(io.Discard, r)
		go v.read(out, stamped)
	} else {
		go v.read(r, func(l string) string { return l })
		go func() { // until the end: a pipe that nobody empties would stop Bochs
			for s := bufio.NewReader(out); ; {
				l, err := s.ReadString('\n')
				v.screen(l)
				if err != nil {
					break
				}
			}
			out.Close()
		}()
	}
	go func() {
		v.err = v.cmd.Wait()
		v.hold.Close()
		close(v.done)
	}()
	return nil
}

// connected is what Bochs says of the pseudo-terminal that it draws its screen on.
var connected = regexp.MustCompile(`^Bochs connected to screen "(/dev/pts/\d+)"`)

// screen empties the pseudo-terminal that l names, if it does: Bochs stops when that is full.
func (v *VM) screen(l string) {
	m := connected.FindStringSubmatch(l)
	if m == nil {
		return
	}
	f, err := os.OpenFile(m[1], os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		v.mu.Lock()
		v.log.WriteString("screen: " + err.Error() + "\n")
		v.mu.Unlock()
		return
	}
	go func() {
		io.Copy(io.Discard, f)
		f.Close()
	}()
}

var stamp = regexp.MustCompile(`\[ *\d+\.\d{6}\] `)

// stamped is l from the kernel's stamp on; a line without is not the kernel's, or from before its log.
func stamped(l string) string {
	if at := stamp.FindStringIndex(l); at != nil {
		return l[at[0]:]
	}
	return l
}

// escapes are what GRUB and Bochs's screen write for a terminal.
var escapes = regexp.MustCompile(`\x1b(?:\[[0-9;?]*[A-Za-z]|[()].|[=>78])|[\x00-\x08\x0b-\x1a]`)

// read takes what r brings line by line.
func (v *VM) read(r *os.File, clean func(string) string) {
	defer close(v.lines)
	defer r.Close()
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		l := clean(escapes.ReplaceAllString(strings.TrimRight(s.Text(), "\r"), ""))
		v.screen(l)
		v.mu.Lock()
		v.log.WriteString(l + "\n")
		v.mu.Unlock()
		v.lines <- l
	}
	if err := s.Err(); err != nil {
		v.lines <- "reading from Bochs: " + err.Error()
	}
}

// Line takes the next line. Errors: io.EOF (the machine's end), silence, ctx's.
func (v *VM) Line(ctx context.Context) (string, error) {
	t := time.NewTimer(silence)
	defer t.Stop()
	select {
	case l, ok := <-v.lines:
		if !ok {
			return "", io.EOF
		}
		return l, nil
	case <-t.C:
		return "", fmt.Errorf("Bochs fell silent for %v", silence)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Log is all lines so far, and what Bochs had to say.
func (v *VM) Log() string {
	v.mu.Lock()
	s := v.log.String()
	v.mu.Unlock()
	b, err := os.ReadFile(filepath.Join(v.dir, "bochs.log"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return s + err.Error()
	}
	if len(b) > 4096 {
		b = b[len(b)-4096:]
	}
	return s + "--- Bochs:\n" + string(b)
}

// Close kills the machine if it still runs, and leaves nothing of it.
func (v *VM) Close() {
	v.cmd.Process.Kill() // its end is waited for below; that it has ended already is no error
	<-v.done
	for range v.lines {
	}
	os.RemoveAll(v.dir)
}
