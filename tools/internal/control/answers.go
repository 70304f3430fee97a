package control

import (
	"context"
	"errors"
)

// Service is a row of RS's table.
type Service struct {
	Label       string  `json:"label"`
	Endpoint    uint32  `json:"endpoint"` // 0: no life
	State       string  `json:"state"`
	Incarnation uint32  `json:"incarnation"`
	Restarts    uint32  `json:"restarts"`       // recent ones: each quiet time takes one off
	Total       uint32  `json:"restarts_total"` // that nobody asked for, since boot
	Deaths      uint32  `json:"deaths"`
	Reason      string  `json:"reason"`
	Vector      uint32  `json:"vector"`
	Missed      uint32  `json:"missed"`
	PeriodUS    uint64  `json:"period_us"`
	Started     float64 `json:"started"`
	RecoveryUS  uint64  `json:"recovery_us"`
	Warm        bool    `json:"warm"` // this life began with the service's snapshot
	Backoff     float64 `json:"backoff_until"`
	ImageBytes  uint64  `json:"image_bytes"`
	Unguarded   uint32  `json:"unguarded"`
	PCI         uint16  `json:"pci"`        // rows of functions that it may see
	Unconfined  bool    `json:"unconfined"` // their DMA may go without an IOMMU
	Errno       string  `json:"errno"`
	Why         string  `json:"why"`
	Words       string  `json:"words"` // the last, of the life that the row is about
	InitUS      uint64  `json:"init_us"`
}

// Status is the table of services. label may be "".
func (c *Client) Status(ctx context.Context, label string) (rows []Service, t float64, err error) {
	var a struct {
		T        float64   `json:"t"`
		Services []Service `json:"services"`
	}
	args := Args{}
	if label != "" {
		args["label"] = label
	}
	err = c.Do(ctx, "status", args, &a)
	return a.Services, a.T, err
}

// Task is a row of the kernel's task table.
type Task struct {
	Label       string  `json:"label"`
	Endpoint    uint32  `json:"endpoint"`
	State       string  `json:"state"`
	Incarnation uint32  `json:"incarnation"`
	Priority    uint32  `json:"priority"`
	Image       uint32  `json:"image"`
	Peer        uint32  `json:"peer"`
	Frames      uint64  `json:"frames"`
	FramesPeak  uint64  `json:"frames_peak"`
	SharedPages uint64  `json:"shared_pages"`
	Windows     uint32  `json:"windows"`
	CPUUS       uint64  `json:"cpu_us"`
	Started     float64 `json:"started"`
	Calls       uint64  `json:"calls"`
	Faults      uint64  `json:"faults"`
	Preempted   uint64  `json:"preempted"`
	WorstWaitUS uint64  `json:"worst_wait_us"`
}

// Tasks is the kernel's task table.
func (c *Client) Tasks(ctx context.Context) ([]Task, error) {
	var a struct {
		Tasks []Task `json:"tasks"`
	}
	err := c.Do(ctx, "ps", nil, &a)
	return a.Tasks, err
}

// Counts is how many of each kind of resource are free (abi.Counts).
type Counts struct {
	Frames     uint64 `json:"frames"`
	Tasks      uint64 `json:"tasks"`
	Images     uint64 `json:"images"`
	Hooks      uint64 `json:"hooks"`
	Ports      uint64 `json:"ports"`
	Alarms     uint64 `json:"alarms"`
	Async      uint64 `json:"async"`
	Deaths     uint64 `json:"deaths"`
	Windows    uint64 `json:"windows"`
	HeapInUse  uint64 `json:"heap_in_use"`
	HeapAllocs uint64 `json:"heap_allocs"`
}

// Latency is what the machine spent where others had to wait (abi.Latency).
type Latency struct {
	MaxKernelNS   uint64 `json:"max_kernel_ns"`
	MaxKernelCall uint64 `json:"max_kernel_call"`
	MaxReadyNS    uint64 `json:"max_ready_ns"`
	MaxReadyTask  uint32 `json:"max_ready_task"`
	Entries       uint64 `json:"entries"`
}

// Machine is what the kernel knows of the machine (abi.Machine).
type Machine struct {
	Version     string `json:"version"`
	CPU         string `json:"cpu"`
	TSCHz       uint64 `json:"tsc_hz"`
	RAMBytes    uint64 `json:"ram_bytes"`
	PoolFrames  uint64 `json:"pool_frames"`
	KernelBytes uint64 `json:"kernel_bytes"`
	HeapBytes   uint64 `json:"heap_bytes"`
	ModuleBytes uint64 `json:"module_bytes"`
	EntryTSC    uint64 `json:"entry_tsc"`
	RuntimeTSC  uint64 `json:"runtime_tsc"`
	HardwareTSC uint64 `json:"hardware_tsc"`
	RootTSC     uint64 `json:"root_tsc"`
	ClockTSC    uint64 `json:"clock_tsc"`
	NowTSC      uint64 `json:"now_tsc"`
}

// Image is a row of the kernel's image table.
type Image struct {
	Image  uint32 `json:"image"`
	Tasks  uint32 `json:"tasks"`
	Sealed bool   `json:"sealed"`
	Bytes  uint64 `json:"bytes"`
	Frames uint64 `json:"frames"`
	Entry  uint64 `json:"entry"`
	CRC32C uint64 `json:"crc32c"`
}

// Info is the machine and its resources.
type Info struct {
	T       float64 `json:"t"`
	Counts  Counts  `json:"counts"`
	Latency Latency `json:"latency"`
	Machine Machine `json:"machine"`
	Images  []Image `json:"images"`
}

// Info reads the machine's counters.
func (c *Client) Info(ctx context.Context) (i Info, err error) {
	return i, c.Do(ctx, "info", nil, &i)
}

// Fault breaks a service: kind is exception, hang, kill or a way of faulty.
func (c *Client) Fault(ctx context.Context, label, kind string) error {
	return c.Do(ctx, "fi", Args{"label": label, "kind": kind}, nil)
}

// Echo asks a service for a sign of life.
func (c *Client) Echo(ctx context.Context, label string) (incarnation uint32, roundNS uint64, err error) {
	var a struct {
		Incarnation uint32 `json:"incarnation"`
		RoundNS     uint64 `json:"round_ns"`
	}
	err = c.Do(ctx, "echo", Args{"label": label}, &a)
	return a.Incarnation, a.RoundNS, err
}

// Date reads the clock: Unix seconds.
func (c *Client) Date(ctx context.Context) (seconds uint64, err error) {
	var a struct {
		Seconds uint64 `json:"seconds"`
	}
	err = c.Do(ctx, "date", nil, &a)
	return a.Seconds, err
}

// Console writes a line to the operator's console.
func (c *Client) Console(ctx context.Context, text string) error {
	return c.Do(ctx, "console", Args{"text": text}, nil)
}

// Call sends a message to a task and gives the first words of its answer; none when there was
// no answer. Errors: as Do; *Error has the answer's errno.
func (c *Client) Call(ctx context.Context, endpoint, msgType uint32, arg ...uint64) (reply []uint64, err error) {
	var a struct {
		Reply []uint64 `json:"reply"`
	}
	if arg == nil {
		arg = []uint64{}
	}
	err = c.Do(ctx, "call", Args{"endpoint": endpoint, "type": msgType, "arg": arg}, &a)
	return a.Reply, err
}

// PowerOff stops the services and the machine. That the machine ends before the answer comes
// is no error.
func (c *Client) PowerOff(ctx context.Context, status int) error {
	return gone(c.Do(ctx, "poweroff", Args{"status": status}, nil))
}

// gone forgives the machine for ending.
func gone(err error) error {
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}
