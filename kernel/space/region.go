package space

import (
	"bennu/kernel/abi"
	"bennu/kernel/image"
	"bennu/kernel/paging"
)

// Rights of a region.
const (
	Read    = 1
	Write   = 2
	Execute = 4
)

// After is the first region that ends above va; its Kind is None where there is no more.
func (s *Space) After(va uint64) (r Region) {
	for _, at := range [...]uint64{abi.StartPage, abi.CallPage, abi.ClockPage, abi.RAMBase, abi.ModuleBase, abi.KeptBase} {
		r.nearer(s.Find(at), va)
	}
	segments := s.image.Segments()
	for i := range segments {
		r.nearer(s.Find(segments[i].Start), va)
	}
	if s.views != nil {
		for i := range s.views.places {
			r.nearer(s.Find(placeAt(i)), va)
		}
	}
	return r
}

// nearer makes r the region o, if that ends above va and begins before r.
func (r *Region) nearer(o Region, va uint64) {
	if o.Kind != None && o.End > va && (r.Kind == None || o.Start < r.Start) {
		*r = o
	}
}

// Rights is what the task may do in a region of its.
func (s *Space) Rights(r *Region) uint32 {
	switch r.Kind {
	case Call, Data, RAM:
		return Read | Write
	case Text:
		return Read | execute(r.segment)
	case Window:
		if p := s.Part(r.Start); p != nil && *p&paging.Writable != 0 {
			return Read | Write
		}
	}
	return Read
}

func execute(g *image.Segment) uint32 {
	if g.Exec {
		return Execute
	}
	return 0
}
