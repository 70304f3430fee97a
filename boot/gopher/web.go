//go:build tamago

package main

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"

	"bennu/kernel/abi"
)

// memory is a net.Listener without a network: whoever dials hands it one end of a pipe.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func listen() *memory { return &memory{conns: make(chan net.Conn), done: make(chan struct{})} }

// Accept is net.Listener.
func (l *memory) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close is net.Listener.
func (l *memory) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr is net.Listener.
func (l *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }

func (l *memory) dial() (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// piece is what a page is made of, again and again.
const piece = 16 << 10

func fill(b []byte, at int) {
	for i := range b {
		b[i] = byte((at + i) * 31 >> 3)
	}
}

// serve has an http.Server send mib MiB to an http.Client, and compares them.
func (g *gopher) serve(mib int) (n int, e abi.Errno) {
	l := listen()
	defer l.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/bytes/{n}", func(w http.ResponseWriter, r *http.Request) {
		total, _ := strconv.Atoi(r.PathValue("n"))
		b := make([]byte, piece)
		for at := 0; at < total; at += len(b) {
			fill(b, at)
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	})
	go http.Serve(l, mux)
	client := http.Client{Transport: &http.Transport{Dial: func(string, string) (net.Conn, error) { return l.dial() }}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://memory/bytes/" + strconv.Itoa(mib<<20))
	if err != nil {
		return 0, abi.EIO
	}
	defer resp.Body.Close()
	got, want := make([]byte, piece), make([]byte, piece)
	for {
		k, err := io.ReadFull(resp.Body, got)
		fill(want[:k], n)
		if string(got[:k]) != string(want[:k]) {
			return n, abi.EIO
		}
		n += k
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return n, abi.OK
		default:
			return n, abi.EIO
		}
	}
}
