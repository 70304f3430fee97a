// Package wire reads and writes the control port's lines: one JSON object a line, as RFC 8259
// has it. The reader is strict and knows what requests need: an object of strings, unsigned
// integers, true, false, null, and lists of these. encoding/json would be 2 MB of every boot
// image for that.
package wire
