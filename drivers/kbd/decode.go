package main

// Scan codes of set 1 that are no characters. Source: [2] "Scan Codes".
const (
	scanEnter      = 0x1c
	scanControl    = 0x1d
	scanShiftLeft  = 0x2a
	scanSlash      = 0x35
	scanShiftRight = 0x36
	scanCapsLock   = 0x3a

	scanError    = 0x00 // too many keys at once
	scanExtended = 0xe0 // the next code is of a key that the first keyboards had not
	scanPause    = 0xe1 // two more codes follow, of a key that is never released
	scanErrorSet = 0xff
	scanRelease  = 0x80
)

// Tables by scan code, US layout; 0 is no character. They end with the space bar's.
var (
	plainTable = keyTable("\x00\x1b1234567890-=\b\tqwertyuiop[]\n\x00asdfghjkl;'`\x00\\zxcvbnm,./\x00*\x00 ")
	shiftTable = keyTable("\x00\x1b!@#$%^&*()_+\b\tQWERTYUIOP{}\n\x00ASDFGHJKL:\"~\x00|ZXCVBNM<>?\x00*\x00 ")
)

// keyTable adds the keypad's signs, which are characters whatever NumLock says, and the
// key beside the left shift of keyboards with 102 keys.
func keyTable(low string) (t [0x60]byte) {
	copy(t[:], low)
	t[0x4a], t[0x4e] = '-', '+'
	t[0x56] = '\\'
	if t[0x2b] == '|' {
		t[0x56] = '|'
	}
	return t
}

// decoder is the state of the keys that change the meaning of others.
type decoder struct {
	shift, control uint8 // bit 0: the left one is down, bit 1: the right one
	caps           bool
	capsDown       bool // a key that is held down repeats its code
	extended       bool
	skip           int // codes of the pause key that are still to come
}

// code takes a scan code. c is 0 when it is no character; lock tells that the caps lock's
// light is to change.
func (d *decoder) code(b byte) (c byte, lock bool) {
	switch {
	case d.skip > 0:
		d.skip--
		return 0, false
	case b == scanExtended:
		d.extended = true
		return 0, false
	case b == scanPause:
		d.skip = 2
		return 0, false
	case b == scanError || b == scanErrorSet: // codes are missing: releases may be among them
		d.shift, d.control, d.extended = 0, 0, false
		return 0, false
	}
	key, down, extended := b&^scanRelease, b&scanRelease == 0, d.extended
	d.extended = false
	if extended {
		return d.extendedKey(key, down), false
	}
	switch key {
	case scanShiftLeft:
		setBit(&d.shift, 1, down)
	case scanShiftRight:
		setBit(&d.shift, 2, down)
	case scanControl:
		setBit(&d.control, 1, down)
	case scanCapsLock:
		lock = down && !d.capsDown
		d.capsDown = down
		d.caps = d.caps != lock
		return 0, lock
	default:
		if down {
			return d.char(key), false
		}
	}
	return 0, false
}

// extendedKey is the character of a key after scanExtended. Cursor and function keys have none, and neither
// have the shifts that some of them send along.
func (d *decoder) extendedKey(key byte, down bool) byte {
	switch {
	case key == scanControl:
		setBit(&d.control, 2, down)
	case key == scanEnter && down:
		return '\n'
	case key == scanSlash && down:
		return '/'
	}
	return 0
}

func setBit(v *uint8, bit uint8, on bool) {
	if *v &^= bit; on {
		*v |= bit
	}
}

func (d *decoder) char(key byte) byte {
	if int(key) >= len(plainTable) {
		return 0
	}
	c := plainTable[key]
	letter := c >= 'a' && c <= 'z'
	if (d.shift != 0) != (d.caps && letter) {
		c = shiftTable[key]
	}
	if d.control == 0 {
		return c
	}
	if u := c &^ 0x20; u >= 'A' && u <= 'Z' || c >= '[' && c <= '_' {
		return c & 0x1f
	}
	return 0 // there is no such control character
}
