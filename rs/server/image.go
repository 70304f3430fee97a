package server

import "bennu/kernel/abi"

// image is the in-memory copy of one program. All services of that program share it; programs are the same if
// their full names are.
type image struct {
	program string
	file    string // its name in the archive
	id      uint32
	users   int // services that are up, dead ones on their way back included; 0: not there
	size    uint64
}

// noImage is the place in images of a service that holds none.
const noImage = -1

// hold gives a service its program's image, which is made when nobody has it yet.
// Errors: ENOEXEC (damaged, or not an executable), ENOMEM, ENOSPC.
func (s *Server) hold(t *service) (abi.Errno, abi.Why) {
	if t.image >= 0 {
		return abi.OK, abi.WhyNone
	}
	at := -1
	for i := range s.images {
		if s.images[i].program == t.conf.Program {
			at = i
			break
		}
	}
	if at < 0 {
		at = len(s.images)
		s.images = append(s.images, image{program: t.conf.Program, file: ProgramPath + t.conf.Program})
	}
	m := &s.images[at]
	if m.users == 0 {
		if e, why := s.makeImage(m); e != abi.OK {
			return e, why
		}
	}
	m.users++
	t.image = at
	return abi.OK, abi.WhyNone
}

// makeImage copies a program out of the archive and seals the copy. If it fails, the copy is given back.
func (s *Server) makeImage(m *image) (abi.Errno, abi.Why) {
	b, ok := s.archive.File(m.file)
	if !ok {
		return abi.ENOEXEC, abi.WhyProgram
	}
	if err := s.archive.Check(m.file); err != nil {
		s.say(err.Error())
		return abi.ENOEXEC, abi.WhyProgram
	}
	id, e := s.k.ImageCreate(uint64(len(b)))
	if e != abi.OK {
		return e, abi.WhyImage
	}
	if e = s.k.ImageWrite(id, 0, b); e == abi.OK {
		e = s.k.ImageSeal(id)
	}
	if e != abi.OK {
		s.k.ImageFree(id)
		return e, abi.WhyImage
	}
	m.id, m.size = id, uint64(len(b))
	return abi.OK, abi.WhyNone
}

// drop takes a service's image away, and frees it after its last user.
func (s *Server) drop(t *service) {
	if t.image < 0 {
		return
	}
	m := &s.images[t.image]
	t.image = noImage
	if m.users--; m.users == 0 {
		s.k.ImageFree(m.id)
		m.size = 0
	}
}
