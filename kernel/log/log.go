// Package log is the kernel's ring of text. Writing never fails and never allocates; what is
// overwritten is counted by the position that a reader gets back.
package log

// Size is how many bytes are kept.
const Size = 64 << 10

// Ring keeps the last Size bytes written.
type Ring struct {
	buf [Size]byte
	end uint64 // bytes ever written
}

// Write appends b.
func (r *Ring) Write(b []byte) {
	for len(b) > 0 {
		n := copy(r.buf[r.end%Size:], b)
		b = b[n:]
		r.end += uint64(n)
	}
}

// WriteString appends s.
func (r *Ring) WriteString(s string) {
	for i := 0; i < len(s); i++ {
		r.buf[r.end%Size] = s[i]
		r.end++
	}
}

// Read copies text from position at on into b. It returns where the text begins (later than
// at, when that was overwritten) and how many bytes there are.
func (r *Ring) Read(at uint64, b []byte) (from uint64, n int) {
	if r.end > Size && at < r.end-Size {
		at = r.end - Size
	}
	if at > r.end {
		at = r.end
	}
	for n < len(b) && at+uint64(n) < r.end {
		b[n] = r.buf[(at+uint64(n))%Size]
		n++
	}
	return at, n
}

// End is the position after the last byte.
func (r *Ring) End() uint64 { return r.end }
