package space

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Where a task sees memory of devices: places as large as those of windows, in the GiB behind them. Their pages are in tables of the space's own.
const (
	devicesAt    = windowsAt + 1<<30
	devicePlaces = 32
)

// DevicePlace takes a place for one more device's memory; none (-1): there is no more.
func (s *Space) DevicePlace() int {
	for i := range devicePlaces {
		if s.devices>>i&1 == 0 {
			s.devices |= 1 << i
			return i
		}
	}
	return none
}

// DeviceAt is the address of a place.
func DeviceAt(place int) uint64 { return devicesAt + uint64(place)*placeSize }

// DeviceEntry is the entry of the page at a of a device. Nothing of it is ever executed, nor is the kernel's to read for the task.
func DeviceEntry(a mem.Addr, write, combine bool) paging.PTE {
	e := paging.Entry(a, paging.Present|paging.User|paging.NX|paging.Shared|paging.Device|paging.WriteThr) // write-combining: arch has it for WriteThr alone
	if !combine {
		e |= paging.NoCache
	}
	if write {
		e |= paging.Writable
	}
	return e
}

// MapDevice puts an entry for a page into a place. false when memory for tables is out.
func (s *Space) MapDevice(place int, page uint64, e paging.PTE) bool {
	return s.Map(DeviceAt(place)+page*abi.PageSize, e)
}

// UnmapDevice empties a place of so many pages, and gives it back. What the processor remembers of it is old then.
func (s *Space) UnmapDevice(place int, pages uint64) {
	for page := range pages {
		if p := s.Lookup(DeviceAt(place) + page*abi.PageSize); p != nil {
			*p = 0
		}
	}
	s.devices &^= 1 << place
}
