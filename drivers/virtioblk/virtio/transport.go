package virtio

import (
	"time"

	"bennu/kernel/abi"
)

// Region is registers. Widths are 1, 2 and 4 bytes; places are inside it.
type Region interface {
	Load(offset, width uint32) uint32
	Store(offset, width, v uint32)
}

// Clock is the time, and how to let it pass.
type Clock interface {
	Now() time.Duration
	Pause()
}

// Registers of the common configuration structure. Source: [1], "Common configuration structure layout".
const (
	deviceFeatureSelect = 0x00
	deviceFeature       = 0x04
	driverFeatureSelect = 0x08
	driverFeature       = 0x0c
	configVector        = 0x10
	numQueues           = 0x12
	deviceStatus        = 0x14
	configGeneration    = 0x15
	queueSelect         = 0x16
	queueSize           = 0x18
	queueVector         = 0x1a
	queueEnable         = 0x1c
	queueNotifyOff      = 0x1e
	queueDesc           = 0x20
	queueDriver         = 0x28
	queueDevice         = 0x30
	queueReset          = 0x3a
	resetSize           = 0x3c // of a structure that has queue_reset
)

// Bits of the device status.
const (
	acknowledge = 1
	driver      = 2
	driverOK    = 4
	featuresOK  = 8
	needsReset  = 64
	failed      = 128
	absent      = 0xff // what a function that is not there answers
)

// Feature bits that are every device's. Source: [1], "Reserved Feature Bits".
const (
	Version1       = 1 << 32
	AccessPlatform = 1 << 33
	RingReset      = 1 << 40
)

// NoVector says that an interrupt is not wanted as a message.
const NoVector = 0xffff

// ConfigTries is how often a configuration that changes while it is read is read again.
const configTries = 16

// Transport is a device's registers.
type Transport struct {
	common, notify, isr, device Region
	layout                      Layout
	clock                       Clock
	Features                    uint64
}

// NewTransport joins the regions that a layout names.
func NewTransport(l Layout, common, notify, isr, device Region, c Clock) *Transport {
	return &Transport{common: common, notify: notify, isr: isr, device: device, layout: l, clock: c}
}

func (t *Transport) status() uint32 { return t.common.Load(deviceStatus, 1) }

// Reset resets the device from whatever state it is in, and waits until it has. Errors: ETIMEDOUT, ENODEV (it is not there).
func (t *Transport) Reset(limit time.Duration) abi.Errno {
	t.Features = 0
	t.common.Store(deviceStatus, 1, 0)
	for end := t.clock.Now() + limit; ; t.clock.Pause() {
		switch t.status() {
		case 0:
			return abi.OK
		case absent:
			return abi.ENODEV
		}
		if t.clock.Now() >= end {
			return abi.ETIMEDOUT
		}
	}
}

// Negotiate agrees on those of the wanted features that the device has. Errors: ENODEV (it lacks one that is needed, or does not agree). Precondition: Reset.
func (t *Transport) Negotiate(want, need uint64) abi.Errno {
	t.common.Store(deviceStatus, 1, acknowledge)
	t.common.Store(deviceStatus, 1, acknowledge|driver)
	offered := uint64(0)
	for i := range uint32(2) {
		t.common.Store(deviceFeatureSelect, 4, i)
		offered |= uint64(t.common.Load(deviceFeature, 4)) << (32 * i)
	}
	got := offered & want
	if got&RingReset != 0 && t.layout.Common.Length < resetSize {
		got &^= RingReset
	}
	if got&need != need || t.status() == absent {
		t.common.Store(deviceStatus, 1, failed)
		return abi.ENODEV
	}
	for i := range uint32(2) {
		t.common.Store(driverFeatureSelect, 4, i)
		t.common.Store(driverFeature, 4, uint32(got>>(32*i)))
	}
	t.common.Store(deviceStatus, 1, acknowledge|driver|featuresOK)
	if s := t.status(); s&featuresOK == 0 || s&(needsReset|failed) != 0 {
		t.common.Store(deviceStatus, 1, failed)
		return abi.ENODEV
	}
	t.Features = got
	t.common.Store(configVector, 2, NoVector)
	return abi.OK
}

// Queues is how many the device has.
func (t *Transport) Queues() int { return int(t.common.Load(numQueues, 2)) }

// QueueSize is the most descriptors of a queue: a power of two, 0 if there is no such queue.
func (t *Transport) QueueSize(n int) int {
	t.common.Store(queueSelect, 2, uint32(n))
	s := int(t.common.Load(queueSize, 2))
	if s > MaxRing || s&(s-1) != 0 {
		return 0
	}
	return s
}

// SetQueue gives the device a queue. kick is where to write that there is something in it. Errors: EIO (the device does not take it, or its place in the
// notification structure is none). Precondition: the ring is new, its size at most QueueSize.
func (t *Transport) SetQueue(n int, r *Ring, vector uint32) (kick uint32, e abi.Errno) {
	t.common.Store(queueSelect, 2, uint32(n))
	t.common.Store(queueSize, 2, uint32(r.size))
	desc, avail, used := r.Addresses()
	t.store64(queueDesc, desc)
	t.store64(queueDriver, avail)
	t.store64(queueDevice, used)
	t.common.Store(queueVector, 2, vector)
	if vector != NoVector && t.common.Load(queueVector, 2) != vector {
		return 0, abi.EIO
	}
	at := uint64(t.common.Load(queueNotifyOff, 2)) * uint64(t.layout.Multiplier)
	if at+2 > uint64(t.layout.Notify.Length) {
		return 0, abi.EIO
	}
	t.common.Store(queueEnable, 2, 1)
	if t.common.Load(queueEnable, 2) != 1 || t.common.Load(queueSize, 2) != uint32(r.size) {
		return 0, abi.EIO
	}
	return uint32(at), abi.OK
}

func (t *Transport) store64(at uint32, v uint64) {
	t.common.Store(at, 4, uint32(v))
	t.common.Store(at+4, 4, uint32(v>>32))
}

// ConfigVector sets the message of configuration changes. Errors: EIO.
func (t *Transport) ConfigVector(vector uint32) abi.Errno {
	t.common.Store(configVector, 2, vector)
	if t.common.Load(configVector, 2) != vector {
		return abi.EIO
	}
	return abi.OK
}

// Go lets the device begin. Errors: EIO.
func (t *Transport) Go() abi.Errno {
	t.common.Store(deviceStatus, 1, acknowledge|driver|featuresOK|driverOK)
	if !t.Works() {
		return abi.EIO
	}
	return abi.OK
}

// Works tells whether the device says that it does.
func (t *Transport) Works() bool { return t.status() == acknowledge|driver|featuresOK|driverOK }

// Absent tells whether there is no device any more.
func (t *Transport) Absent() bool {
	return t.status() == absent && t.common.Load(numQueues, 2) == 0xffff
}

// ResetQueue resets one queue, whose ring may then be used for another. Errors: ENOSYS (not agreed on), ETIMEDOUT.
// Source: [1], "Virtqueue Reset" and "Common configuration structure layout".
func (t *Transport) ResetQueue(n int, limit time.Duration) abi.Errno {
	if t.Features&RingReset == 0 {
		return abi.ENOSYS
	}
	t.common.Store(queueSelect, 2, uint32(n))
	t.common.Store(queueReset, 2, 1)
	for end := t.clock.Now() + limit; t.common.Load(queueReset, 2) != 0; t.clock.Pause() {
		if t.clock.Now() >= end {
			return abi.ETIMEDOUT
		}
	}
	if t.common.Load(queueEnable, 2) != 0 {
		return abi.ETIMEDOUT
	}
	return abi.OK
}

// Kick tells the device that there is something in a queue.
func (t *Transport) Kick(at uint32, n int) { t.notify.Store(at, 2, uint32(n)) }

// Interrupt takes why the device has interrupted by its line: bit 0 a queue, bit 1 its configuration.
func (t *Transport) Interrupt() uint32 { return t.isr.Load(0, 1) }

// Config reads of the device's own configuration, until it is the same from first to last. What lies past its end reads as 0. Errors: EIO (it changes all the time).
func (t *Transport) Config(read func(load func(offset, width uint32) uint32)) abi.Errno {
	for range configTries {
		before := t.common.Load(configGeneration, 1)
		read(func(offset, width uint32) uint32 {
			if offset+width > t.layout.Device.Length {
				return 0
			}
			return t.device.Load(offset, width)
		})
		if t.common.Load(configGeneration, 1) == before {
			return abi.OK
		}
	}
	return abi.EIO
}

// SetConfig writes a byte of the device's configuration.
func (t *Transport) SetConfig(offset uint32, v uint8) {
	if offset < t.layout.Device.Length {
		t.device.Store(offset, 1, uint32(v))
	}
}
