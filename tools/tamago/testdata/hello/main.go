//go:build tamago

// Command hello uses as much of the runtime as a test can, then prints "ok".
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"bennu/tools/tamago/testdata/board"
)

func main() {
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"goroutines", goroutines},
		{"timers", timers},
		{"wake", wake},
		{"json", jsonRoundTrip},
		{"random", random},
		{"garbage", garbage},
		{"recover", recovered},
		{"system", system},
	} {
		if err := step.run(); err != nil {
			fmt.Printf("%s: %v\n", step.name, err)
			os.Exit(1)
		}
		println("step", step.name)
	}
	if len(os.Args) > 0 {
		fmt.Println("ok", os.Args[0])
	}
}

// goroutines passes numbers through a chain of them.
func goroutines() error {
	const n = 100
	in := make(chan int)
	out := in
	for range n {
		next := make(chan int)
		go func(in <-chan int) {
			for v := range in {
				next <- v + 1
			}
			close(next)
		}(out)
		out = next
	}
	go func() { in <- 0; close(in) }()
	if v := <-out; v != n {
		return fmt.Errorf("expected %d, got %d", n, v)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := make(map[int]bool)
	for i := range n {
		wg.Go(func() {
			runtime.Gosched()
			mu.Lock()
			seen[i] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(seen) != n {
		return fmt.Errorf("expected %d entries, got %d", n, len(seen))
	}
	return nil
}

func timers() error {
	start := time.Now()
	time.Sleep(10 * time.Millisecond)
	if d := time.Since(start); d < 10*time.Millisecond || d > 10*time.Second {
		return fmt.Errorf("slept 10ms in %v", d)
	}
	select {
	case <-time.After(time.Millisecond):
	case <-make(chan int):
	}
	if board.Idles == 0 {
		return fmt.Errorf("goos.Idle was never called")
	}
	if y := start.Year(); y < 2024 {
		return fmt.Errorf("the year is %d", y)
	}
	return nil
}

// wake ends a long sleep from the Idle hook.
func wake() error {
	self, _ := runtime.GetG()
	woken := false
	board.OnIdle = func() { woken = runtime.Wake(self) }
	start := time.Now()
	time.Sleep(time.Hour)
	if d := time.Since(start); d > time.Minute || !woken {
		return fmt.Errorf("slept %v, woken is %v", d, woken)
	}
	if runtime.Wake(self) {
		return fmt.Errorf("woke a goroutine that was not asleep")
	}
	return nil
}

func jsonRoundTrip() error {
	in := map[string][]float64{"a": {1, 2.5}, "b": nil}
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	var back map[string][]float64
	if err := json.Unmarshal(text, &back); err != nil {
		return err
	}
	if fmt.Sprint(in) != fmt.Sprint(back) {
		return fmt.Errorf("%v became %v", in, back)
	}
	return nil
}

func random() error {
	var a, b [32]byte
	rand.Read(a[:])
	rand.Read(b[:])
	if a == b || a == [32]byte{} {
		return fmt.Errorf("random bytes are not")
	}
	return nil
}

var keep [][]byte

// garbage makes several times the RAM's size of it.
func garbage() error {
	for i := range 4 << 10 {
		b := make([]byte, 64<<10)
		b[i] = 1
		if i%512 == 0 {
			keep = append(keep, b)
		}
	}
	for range 3 {
		runtime.GC()
	}
	for i, b := range keep {
		if b[i*512] != 1 {
			return fmt.Errorf("kept block %d was lost", i)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.NumGC < 3 {
		return fmt.Errorf("expected 3 collections, got %d", m.NumGC)
	}
	return nil
}

func recovered() (err error) {
	defer func() {
		if v := recover(); v != "on purpose" {
			err = fmt.Errorf("recovered %v", v)
		}
	}()
	panic("on purpose")
}

// system asks for what only Linux could answer.
func system() error {
	if _, err := os.Open("/etc/passwd"); err == nil {
		return fmt.Errorf("opened a file")
	}
	if os.Getpid() != 1 || os.Getuid() != 0 {
		return fmt.Errorf("process %d of user %d", os.Getpid(), os.Getuid())
	}
	if _, err := os.Stdin.Read(make([]byte, 1)); err == nil {
		return fmt.Errorf("read from standard input")
	}
	return nil
}
