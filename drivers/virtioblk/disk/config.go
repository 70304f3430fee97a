package disk

import (
	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk/block/server"
	"bennu/drivers/virtioblk/virtio"
	"bennu/kernel/abi"
)

// Feature bits of block devices. Source: [1], "Block Device", "Feature bits".
const (
	featureSizeMax  = 1 << 1
	featureSegMax   = 1 << 2
	featureReadOnly = 1 << 5
	featureBlkSize  = 1 << 6
	featureFlush    = 1 << 9
	featureTopology = 1 << 10
	featureCache    = 1 << 11 // CONFIG_WCE
	featureQueues   = 1 << 12
	featureDiscard  = 1 << 13
	featureZeroes   = 1 << 14

	wanted = virtio.Version1 | virtio.AccessPlatform | virtio.RingReset | featureSizeMax | featureSegMax | featureReadOnly | featureBlkSize |
		featureFlush | featureTopology | featureCache | featureQueues | featureDiscard | featureZeroes
)

// Places in the device's configuration. Source: [1], "Block Device", "Device configuration layout".
const (
	capacityAt = 0
	sizeMaxAt  = 8
	segMaxAt   = 12
	blkSizeAt  = 20
	physicalAt = 24
	cacheAt    = 32
	queuesAt   = 34
	discardAt  = 36
	zeroesAt   = 48
)

func (d *Disk) has(feature uint64) bool { return d.t.Features&feature != 0 }

// configuration reads the device's shape. Errors: EDOM (no block device of this protocol is like that), EIO.
func (d *Disk) configuration() (s block.Shape, e abi.Errno) {
	var blk, segMax, sizeMax, discard, zeroes uint32
	e = d.t.Config(func(load func(offset, width uint32) uint32) {
		s = block.Shape{Sectors: uint64(load(capacityAt, 4)) | uint64(load(capacityAt+4, 4))<<32}
		blk, segMax, sizeMax = load(blkSizeAt, 4), load(segMaxAt, 4), load(sizeMaxAt, 4)
		s.PhysicalShift = uint8(load(physicalAt, 1))
		discard, zeroes = load(discardAt, 4), load(zeroesAt, 4)
	})
	if e != abi.OK {
		return s, e
	}
	if !d.has(featureTopology) {
		s.PhysicalShift = 0
	}
	if !d.has(featureBlkSize) {
		blk = block.SectorSize
	}
	for blk>>s.BlockShift > block.SectorSize && s.BlockShift <= block.MaxBlockShift {
		s.BlockShift++
	}
	if blk != block.SectorSize<<s.BlockShift || s.BlockShift > block.MaxBlockShift {
		return s, abi.EDOM
	}
	s.Sectors &^= s.Block() - 1
	s.Segments, s.Depth, s.MaxSectors = block.MaxSegments, block.MaxDepth, maxOwn
	if d.has(featureSegMax) {
		s.Segments = uint8(min(max(segMax, 1), block.MaxSegments))
	}
	if d.has(featureSizeMax) {
		s.MaxSectors = min(s.MaxSectors, sizeMax/block.SectorSize) &^ (uint32(s.Block()) - 1)
	}
	if d.queues != nil { // the slots are those of the first start
		s.Segments = min(s.Segments, d.shape.Segments)
	}
	d.abilities(&s, discard, zeroes)
	if !s.Possible() {
		return s, abi.EDOM
	}
	return s, abi.OK
}

// abilities sets the flags, and the limit of erasures: the largest power of two that both take.
func (d *Disk) abilities(s *block.Shape, discard, zeroes uint32) {
	most := ^uint32(0)
	if block := uint32(s.Block()); d.has(featureDiscard) && discard >= block {
		s.Flags |= canDiscard
		most = min(most, discard)
	}
	if block := uint32(s.Block()); d.has(featureZeroes) && zeroes >= block {
		s.Flags |= canZero
		most = min(most, zeroes)
	}
	for s.Flags&(canDiscard|canZero) != 0 && s.EraseShift < 31 && uint32(2)<<s.EraseShift <= most {
		s.EraseShift++
	}
	if d.has(featureReadOnly) {
		s.Flags |= block.ReadOnly
	}
	if d.opt.Keeps {
		s.Flags |= block.KeepsCache
	}
	back := d.has(featureFlush)
	if back && d.has(featureCache) {
		back = !d.opt.Through
		mode := uint8(1)
		if !back {
			mode = 0
		}
		d.t.SetConfig(cacheAt, mode)
		now := uint32(1)
		d.t.Config(func(load func(offset, width uint32) uint32) { now = load(cacheAt, 1) })
		back = now != 0 // what it says; in doubt it has a cache
	}
	if !back {
		s.Flags |= block.WriteThrough
	}
}

const (
	canDiscard = block.CanDiscard
	canZero    = block.CanZero
)

func (d *Disk) ownQueues() (n int) {
	n = 1
	if d.has(featureQueues) {
		d.t.Config(func(load func(offset, width uint32) uint32) { n = int(load(queuesAt, 2)) })
	}
	return max(n, 1)
}

// identify asks for the serial number, and makes the shape's identity of it. A device that has none, or does not say it, has no identity.
func (d *Disk) identify() {
	q := d.queues[0]
	const i = 0
	c := q.control.Bytes[i*controlSize:][:controlSize]
	at := q.control.Device + i*controlSize
	clear(c)
	c[headerAt], c[statusAt] = opSerial, unanswered
	q.slots[i].job = &server.Job{} // nobody else's
	q.ring.Add(i, []virtio.Part{{Address: at + headerAt, Length: headerSize}, {Address: at + rangeAt, Length: serialSize, Write: true}, {Address: at + statusAt, Length: 1, Write: true}})
	d.Kick()
	for end := d.bus.Now() + idLimit; d.bus.Now() < end; d.bus.Pause() {
		_, _, more, lie := q.ring.Next()
		if lie != virtio.Truth {
			d.Lies++
			break
		}
		if !more {
			continue
		}
		if q.slots[i].job = nil; c[statusAt] == statusOK {
			d.shape.Identity = hash(c[rangeAt:][:serialSize])
		}
		return
	}
	q.slots[i].job = nil
	d.recover("it did not say its serial number")
}

// hash is FNV-1a of what comes before the first zero; 0 for nothing.
func hash(b []byte) (h uint32) {
	for _, c := range b {
		if c == 0 {
			break
		}
		if h == 0 {
			h = 2166136261
		}
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}
