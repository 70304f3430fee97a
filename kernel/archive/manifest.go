package archive

import "strconv"

// parseManifest reads the manifest's lines. base is its offset in the archive, for errors.
// Offsets of the files are not known yet.
func parseManifest(text []byte, base int) ([]Entry, error) {
	lines := 0
	for _, c := range text {
		if c == '\n' {
			lines++
		}
	}
	if lines == 0 || text[len(text)-1] != '\n' {
		return nil, fault(Manifest, base+len(text), "does not end with a line \"end N\"")
	}
	if lines > MaxFiles+1 {
		return nil, fault(Manifest, base, "lists more than "+strconv.Itoa(MaxFiles)+" files")
	}
	files := make([]Entry, 0, lines-1)
	for n, at := 1, 0; n <= lines; n++ {
		end := at
		for text[end] != '\n' {
			end++
		}
		line := string(text[at:end])
		if n == lines {
			if line != "end "+strconv.Itoa(lines-1) {
				return nil, manifestFault(base+at, n, "expected \"end "+strconv.Itoa(lines-1)+"\"")
			}
			return files, nil
		}
		e, want := parseLine(line)
		if want != "" {
			return nil, manifestFault(base+at, n, "expected "+want)
		}
		for i := range files {
			if files[i].Name == e.Name {
				return nil, manifestFault(base+at, n, e.Name+" is listed twice")
			}
		}
		files = append(files, e)
		at = end + 1
	}
	return files, nil // not reached: the loop ends at the last line
}

func manifestFault(offset, line int, text string) error {
	return fault(Manifest, offset, "line "+strconv.Itoa(line)+": "+text)
}

// parseLine reads one file's line. want is what was expected and not found, or "".
func parseLine(s string) (e Entry, want string) {
	const sum, crc = 64, 64 + 1 + 8 // where the first two fields end
	if len(s) < sum+1 || s[sum] != ' ' || !unhex(e.SHA256[:], s[:sum]) {
		return e, "64 hexadecimal digits of SHA-256"
	}
	var c [4]byte
	if len(s) < crc+1 || s[crc] != ' ' || !unhex(c[:], s[sum+1:crc]) {
		return e, "8 hexadecimal digits of CRC32C"
	}
	e.CRC32C = uint32(c[0])<<24 | uint32(c[1])<<16 | uint32(c[2])<<8 | uint32(c[3])
	s = s[crc+1:]
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		e.Size = e.Size*10 + int(s[i]-'0')
	}
	if i == 0 || i > 12 || i == len(s) || s[i] != ' ' || i > 1 && s[0] == '0' {
		return e, "the size in bytes"
	}
	e.Name = s[i+1:]
	if !ValidName(e.Name) || e.Name == Manifest {
		return e, "a file name"
	}
	return e, ""
}

// unhex fills dst from lower-case hexadecimal digits; false when s has anything else.
func unhex(dst []byte, s string) bool {
	if len(s) != 2*len(dst) {
		return false
	}
	for i := range dst {
		hi, lo := digit(s[2*i]), digit(s[2*i+1])
		if hi > 15 || lo > 15 {
			return false
		}
		dst[i] = hi<<4 | lo
	}
	return true
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}
