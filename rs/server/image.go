package server

import (
	"slices"

	"bennu/kernel/abi"
)

// image is what tasks of one program are made of. All services of that program share it; programs are the same if
// their full names are.
type image struct {
	file  string // its name in the archive
	id    uint32
	users int // services that are up, dead ones on their way back included; 0: not there
	size  uint64
}

// noImage is the place in images of a service that holds none.
const noImage = -1

// programs makes a place in images for each program.
func (s *Server) programs() {
	s.images = make([]image, 0, s.good)
	for i := range s.table {
		t := &s.table[i]
		file := ProgramPath + t.conf.Program
		for t.program = 0; t.program < len(s.images) && s.images[t.program].file != file; t.program++ {
		}
		if t.program == len(s.images) {
			s.images = append(s.images, image{file: file})
		}
	}
}

// hold gives a service its program's image, which is made when nobody has it yet.
// Errors: ENOEXEC (damaged, or not an executable), ENOMEM, ENOSPC.
func (s *Server) hold(t *service) (abi.Errno, abi.Why) {
	if t.image >= 0 {
		return abi.OK, abi.WhyNone
	}
	m := &s.images[t.program]
	if m.users == 0 {
		if e, why := s.makeImage(m); e != abi.OK {
			return e, why
		}
		s.jotImage(t.program)
	}
	m.users++
	t.image = t.program
	s.changed(t, partImage)
	return abi.OK, abi.WhyNone
}

// makeImage makes an image of a program where it lies in the archive. It is used only if its checksum, which the kernel makes as it
// seals the image, is the manifest's. If it fails, the image is given back.
func (s *Server) makeImage(m *image) (abi.Errno, abi.Why) {
	f, ok := s.archive.Lookup(m.file)
	if !ok {
		return abi.ENOEXEC, abi.WhyProgram
	}
	if s.sweeping {
		if id := s.stray(uint64(f.Size), f.CRC32C); id != 0 {
			m.id, m.size = id, uint64(f.Size)
			return abi.OK, abi.WhyNone
		}
	}
	id, e := s.k.ImageModule(uint64(f.Offset), uint64(f.Size))
	if e != abi.OK {
		return e, abi.WhyImage
	}
	sum, e := s.k.ImageSealSum(id)
	if e == abi.OK && sum == f.CRC32C {
		m.id, m.size = id, uint64(f.Size)
		return abi.OK, abi.WhyNone
	}
	s.k.ImageFree(id)
	if e != abi.OK && e != abi.ENOEXEC {
		return e, abi.WhyImage
	}
	if err := s.archive.Check(m.file); err != nil { // a damaged file may be no executable, too
		s.say(err.Error())
		return abi.ENOEXEC, abi.WhyProgram
	}
	if e == abi.OK {
		s.say("boot archive: " + m.file + ": damaged: the kernel finds another checksum than the manifest's")
		return abi.ENOEXEC, abi.WhyProgram
	}
	return e, abi.WhyImage
}

// drop takes a service's image away. After its last user it is freed, when that is noted: no life of the server is to take another image, which has
// got the number, for this one.
func (s *Server) drop(t *service) {
	if t.image < 0 {
		return
	}
	m := &s.images[t.image]
	t.image = noImage
	s.changed(t, partImage)
	if m.users--; m.users == 0 {
		s.unneeded = append(s.unneeded, m.id)
		m.id, m.size = 0, 0
		s.jotImage(t.program)
	}
}

// freeImages gives up what nobody needs any more.
func (s *Server) freeImages() {
	for _, id := range s.unneeded {
		s.k.ImageFree(id)
	}
	s.unneeded = s.unneeded[:0]
}

// stray is the number of a sealed image that an earlier life of the server has made and not noted, with these bytes; 0: there is none. Of size 0 it
// is any that is not noted, sealed or not.
func (s *Server) stray(size uint64, sum uint32) uint32 {
	var r abi.ImageInfo
	for i := uint64(0); ; i++ {
		switch _, e := s.k.GetInfo(abi.InfoImage, i, abi.Bytes(&r)); {
		case e == abi.ESRCH:
		case e != abi.OK:
			return 0
		case r.Maker != s.root() || s.noted(r.Image):
		case size == 0 || r.Sealed != 0 && r.Size == size && uint32(r.CRC32C) == sum:
			return r.Image
		}
	}
}

// checkImages forgets images that are not what the state says: it is older than they are.
func (s *Server) checkImages() {
	for i := range s.table[:s.good] {
		t := &s.table[i]
		if t.image < 0 {
			continue
		}
		if !s.sound(&s.images[t.image]) {
			t.image = noImage
		}
	}
}

// sound tells whether an image is what the state says, as far as the kernel knows.
func (s *Server) sound(m *image) bool {
	var r abi.ImageInfo
	f, _ := s.archive.Lookup(m.file)
	_, e := s.k.GetInfo(abi.InfoImage, uint64(m.id), abi.Bytes(&r))
	return e == abi.OK && r.Maker == s.root() && r.Sealed != 0 && r.Size == uint64(f.Size) && uint32(r.CRC32C) == f.CRC32C
}

// letGo forgets a program's image that no life can be made of, since it is not what the state says: an earlier life of the server was damaged. The next start
// makes it anew.
func (s *Server) letGo(program int) {
	m := &s.images[program]
	if m.users == 0 || s.sound(m) {
		return
	}
	for i := range s.table[:s.good] {
		if t := &s.table[i]; t.image == program {
			t.image = noImage
			s.changed(t, partImage)
		}
	}
	m.id, m.size, m.users = 0, 0, 0
	s.jotImage(program)
}

// noted tells whether an image is one that a program has, or one that is about to be freed.
func (s *Server) noted(id uint32) bool {
	for i := range s.images {
		if m := &s.images[i]; m.users > 0 && m.id == id {
			return true
		}
	}
	return slices.Contains(s.unneeded, id)
}
