package usys

import (
	"reflect"
	"slices"
	"testing"

	"bennu/kernel/abi"
)

// call is a system call as it comes through the gate.
type call struct {
	nr  abi.CallNr
	arg [5]uint64
}

// recorder is a Kernel that keeps what it was asked, the page as it was then, and answers what the test says.
type recorder struct {
	calls  []call
	pages  []abi.CallArea
	area   abi.CallArea
	start  abi.StartInfo
	e      abi.Errno
	value  uint64
	answer func(*abi.CallArea) // what the kernel leaves in the page
	given  []byte              // of Address
}

func (r *recorder) Syscall(nr abi.CallNr, a1, a2, a3, a4, a5 uint64) (abi.Errno, uint64) {
	r.calls = append(r.calls, call{nr, [5]uint64{a1, a2, a3, a4, a5}})
	r.pages = append(r.pages, r.area)
	if r.answer != nil {
		r.answer(&r.area)
	}
	return r.e, r.value
}
func (r *recorder) CallArea() *abi.CallArea   { return &r.area }
func (r *recorder) StartInfo() *abi.StartInfo { return &r.start }
func (r *recorder) ClockInfo() *abi.ClockInfo { return nil }
func (r *recorder) Module() []byte            { return []byte("archive") }
func (r *recorder) Address(b []byte) uint64 {
	r.given = b
	return where
}
func (r *recorder) Window(at uint64) []byte { return r.area.Buf[at : at+8] }
func (r *recorder) Now() uint64             { return 7 }
func (r *recorder) In(uint16, int) uint32   { return 0 }
func (r *recorder) Out(uint16, int, uint32) {}
func (r *recorder) Load(at uint64, size int) uint64 {
	r.calls = append(r.calls, call{arg: [5]uint64{at, uint64(size)}})
	return r.value
}
func (r *recorder) Store(at uint64, size int, v uint64) {
	r.calls = append(r.calls, call{arg: [5]uint64{at, uint64(size), v}})
}

const (
	where = 0x1234_5000
	peer  = abi.Endpoint(0x47)
)

var (
	sent = abi.Msg{Type: 0x901, Arg: [7]uint64{1, 2, 3, 4, 5, 6, 7}}
	line = []byte("a line")
)

// Each method makes one call, with the number and the arguments that docs/ABI.md has for it.
var calls = map[string]struct {
	do   func(g Gate)
	want call
}{
	"Exit":                 {func(g Gate) { g.Exit(3, abi.ExitPanic) }, call{abi.CallExit, [5]uint64{3, 1}}},
	"AccountSet":           {func(g Gate) { g.AccountSet(9, &abi.AccountSpec{}) }, call{abi.CallAccount, [5]uint64{uint64(abi.AccountSet), 9}}},
	"AccountFree":          {func(g Gate) { g.AccountFree(9) }, call{abi.CallAccount, [5]uint64{uint64(abi.AccountFree), 9}}},
	"AccountPay":           {func(g Gate) { g.AccountPay(9) }, call{abi.CallAccount, [5]uint64{uint64(abi.AccountPay), 9}}},
	"AccountDropSnapshot":  {func(g Gate) { g.AccountDropSnapshot(9) }, call{abi.CallAccount, [5]uint64{uint64(abi.AccountDropSnapshot), 9}}},
	"AccountCheckSnapshot": {func(g Gate) { g.AccountCheckSnapshot(9) }, call{abi.CallAccount, [5]uint64{uint64(abi.AccountCheckSnapshot), 9}}},
	"Snapshot":             {func(g Gate) { g.Snapshot() }, call{abi.CallSnapshot, [5]uint64{}}},
	"TaskBegin":            {func(g Gate) { g.TaskBegin(&abi.TaskSpec{}) }, call{abi.CallTaskCreate, [5]uint64{}}},
	"PrivSet":              {func(g Gate) { g.PrivSet(peer, &abi.Privilege{}) }, call{abi.CallPrivCtl, [5]uint64{uint64(abi.PrivSet), uint64(peer)}}},
	"PrivQuery":            {func(g Gate) { g.PrivQuery(peer, &abi.Privilege{}) }, call{abi.CallPrivCtl, [5]uint64{uint64(abi.PrivQuery), uint64(peer)}}},
	"PrivAllow":            {func(g Gate) { g.PrivAllow(peer) }, call{abi.CallPrivCtl, [5]uint64{uint64(abi.PrivAllow), uint64(peer)}}},
	"PrivDisallow":         {func(g Gate) { g.PrivDisallow(peer) }, call{abi.CallPrivCtl, [5]uint64{uint64(abi.PrivDisallow), uint64(peer)}}},
	"TaskCreate":           {func(g Gate) { g.TaskCreate(&abi.TaskSpec{}) }, call{abi.CallTaskCreate, [5]uint64{}}},
	"TaskKillHung":         {func(g Gate) { g.TaskKillHung(peer) }, call{abi.CallTaskKill, [5]uint64{uint64(peer), abi.KillHung}}},
	"TaskKill":             {func(g Gate) { g.TaskKill(peer) }, call{abi.CallTaskKill, [5]uint64{uint64(peer)}}},
	"ImageCreate":          {func(g Gate) { g.ImageCreate(77) }, call{abi.CallImageCreate, [5]uint64{77}}},
	"ImageWrite":           {func(g Gate) { g.ImageWrite(2, 8, line) }, call{abi.CallImageWrite, [5]uint64{2, 8, where, 6}}},
	"ImageModule":          {func(g Gate) { g.ImageModule(4096, 78) }, call{abi.CallImageModule, [5]uint64{4096, 78}}},
	"ImageSeal":            {func(g Gate) { g.ImageSeal(2) }, call{abi.CallImageSeal, [5]uint64{2}}},
	"ImageSealSum":         {func(g Gate) { g.ImageSealSum(2) }, call{abi.CallImageSeal, [5]uint64{2}}},
	"ImageFree":            {func(g Gate) { g.ImageFree(2) }, call{abi.CallImageFree, [5]uint64{2}}},
	"IRQSetPolicy":         {func(g Gate) { g.IRQSetPolicy(4, 5) }, call{abi.CallIRQCtl, [5]uint64{uint64(abi.IRQSetPolicy), 4, 5}}},
	"IRQEnable":            {func(g Gate) { g.IRQEnable(6) }, call{abi.CallIRQCtl, [5]uint64{uint64(abi.IRQEnable), 6}}},
	"IRQDisable":           {func(g Gate) { g.IRQDisable(6) }, call{abi.CallIRQCtl, [5]uint64{uint64(abi.IRQDisable), 6}}},
	"IRQRmPolicy":          {func(g Gate) { g.IRQRmPolicy(6) }, call{abi.CallIRQCtl, [5]uint64{uint64(abi.IRQRmPolicy), 6}}},
	"SetAlarm":             {func(g Gate) { g.SetAlarm(99) }, call{abi.CallSetAlarm, [5]uint64{99}}},
	"Times":                {func(g Gate) { g.Times(peer) }, call{abi.CallTimes, [5]uint64{uint64(peer)}}},
	"Null":                 {func(g Gate) { g.Null() }, call{abi.CallTimes, [5]uint64{uint64(abi.Self)}}},
	"GetInfo":              {func(g Gate) { g.GetInfo(abi.InfoTask, 3, nil) }, call{abi.CallGetInfo, [5]uint64{uint64(abi.InfoTask), 3}}},
	"Diag":                 {func(g Gate) { g.Diag("a line") }, call{abi.CallDiag, [5]uint64{6, 0}}},
	"DiagBytes":            {func(g Gate) { g.DiagBytes(line) }, call{abi.CallDiag, [5]uint64{6, 0}}},
	"DiagAbout":            {func(g Gate) { g.DiagAbout(8, line) }, call{abi.CallDiag, [5]uint64{6, 8}}},
	"Trace":                {func(g Gate) { g.Trace(abi.TracePoke, peer, 10, 11) }, call{abi.CallTrace, [5]uint64{uint64(abi.TracePoke), uint64(peer), 10, 11}}},
	"TraceRegs":            {func(g Gate) { g.TraceRegs(peer, &abi.Registers{}) }, call{abi.CallTrace, [5]uint64{uint64(abi.TraceRegs), uint64(peer)}}},
	"TraceSetRegs":         {func(g Gate) { g.TraceSetRegs(peer, &abi.Registers{}) }, call{abi.CallTrace, [5]uint64{11, uint64(peer)}}},
	"TraceAttach":          {func(g Gate) { g.TraceAttach(3, abi.TraceCalls) }, call{abi.CallTrace, [5]uint64{7, 3, 2}}},
	"TraceDetach":          {func(g Gate) { g.TraceDetach(3) }, call{abi.CallTrace, [5]uint64{8, 3}}},
	"TraceNext":            {func(g Gate) { g.TraceNext(&abi.TraceStop{}) }, call{abi.CallTrace, [5]uint64{9}}},
	"TraceContinue":        {func(g Gate) { g.TraceContinue(peer, abi.TraceSkip) }, call{abi.CallTrace, [5]uint64{10, uint64(peer), 3}}},
	"TraceRead":            {func(g Gate) { g.TraceRead(peer, 10, line) }, call{abi.CallTrace, [5]uint64{12, uint64(peer), 10, where, 6}}},
	"TraceWrite":           {func(g Gate) { g.TraceWrite(peer, 10, line) }, call{abi.CallTrace, [5]uint64{13, uint64(peer), 10, where, 6}}},
	"TraceRegion":          {func(g Gate) { g.TraceRegion(peer, 10, &abi.TraceArea{}) }, call{abi.CallTrace, [5]uint64{14, uint64(peer), 10}}},
	"TracePortIn":          {func(g Gate) { g.TracePortIn(peer, 0x3f8, 2) }, call{abi.CallTrace, [5]uint64{15, uint64(peer), 0x3f8, 2}}},
	"TracePortOut":         {func(g Gate) { g.TracePortOut(peer, 0x3f8, 4, 9) }, call{abi.CallTrace, [5]uint64{16, uint64(peer), 0x3f8, 4, 9}}},
	"TraceRaise":           {func(g Gate) { g.TraceRaise(peer, 4) }, call{abi.CallTrace, [5]uint64{17, uint64(peer), 4}}},
	"TraceLose":            {func(g Gate) { g.TraceLose(peer, 4, 2) }, call{abi.CallTrace, [5]uint64{18, uint64(peer), 4, 2}}},
	"TraceWatch":           {func(g Gate) { g.TraceWatch(peer, 64, abi.TraceWatchAccess, 8) }, call{abi.CallTrace, [5]uint64{19, uint64(peer), 64, 3, 8}}},
	"TraceCeiling":         {func(g Gate) { g.TraceCeiling(3, 40) }, call{abi.CallTrace, [5]uint64{20, 3, 40}}},
	"TraceVerify":          {func(g Gate) { g.TraceVerify(3) }, call{abi.CallTrace, [5]uint64{21, 3}}},
	"Shutdown":             {func(g Gate) { g.Shutdown(abi.Reset, 12) }, call{abi.CallShutdown, [5]uint64{uint64(abi.Reset), 12}}},
	"CopyFrom":             {func(g Gate) { g.CopyFrom(peer, 1, 2, make([]byte, 3)) }, call{abi.CallCopyFrom, [5]uint64{uint64(peer), 1, 2, where, 3}}},
	"CopyTo":               {func(g Gate) { g.CopyTo(peer, 1, 2, line) }, call{abi.CallCopyTo, [5]uint64{uint64(peer), 1, 2, where, 6}}},
	"PortIn":               {func(g Gate) { g.PortIn(0x64) }, call{abi.CallPortIO, [5]uint64{uint64(abi.PortIn), 0x64}}},
	"PortOut":              {func(g Gate) { g.PortOut(0x64, 0xd4) }, call{abi.CallPortIO, [5]uint64{uint64(abi.PortOut), 0x64, 0xd4}}},
	"WindowCreate":         {func(g Gate) { g.WindowCreate(20, abi.WindowKeep) }, call{abi.CallWindow, [5]uint64{uint64(abi.WindowCreate), 20, 1}}},
	"WindowAllow":          {func(g Gate) { g.WindowAllow(21, peer, 3) }, call{abi.CallWindow, [5]uint64{uint64(abi.WindowAllow), 21, uint64(peer), 3}}},
	"WindowMap":            {func(g Gate) { g.WindowMap(21, peer) }, call{abi.CallWindow, [5]uint64{uint64(abi.WindowMap), 21, uint64(peer)}}},
	"WindowUnmap":          {func(g Gate) { g.WindowUnmap(21) }, call{abi.CallWindow, [5]uint64{uint64(abi.WindowUnmap), 21}}},
	"WindowRevoke":         {func(g Gate) { g.WindowRevoke(21, peer) }, call{abi.CallWindow, [5]uint64{uint64(abi.WindowRevoke), 21, uint64(peer)}}},
	"WindowFree":           {func(g Gate) { g.WindowFree(21) }, call{abi.CallWindow, [5]uint64{uint64(abi.WindowFree), 21}}},
	"Send":                 {func(g Gate) { g.Send(peer, &sent) }, call{abi.CallSend, [5]uint64{uint64(peer)}}},
	"SendNB":               {func(g Gate) { g.SendNB(peer, &sent) }, call{abi.CallSendNB, [5]uint64{uint64(peer)}}},
	"SendA":                {func(g Gate) { g.SendA(peer, 13, &sent) }, call{abi.CallSendA, [5]uint64{uint64(peer), 13}}},
	"Receive":              {func(g Gate) { g.Receive(abi.Any, 14, &abi.Msg{}) }, call{abi.CallReceive, [5]uint64{uint64(abi.Any), 14}}},
	"SendRec":              {func(g Gate) { m := sent; g.SendRec(peer, &m) }, call{abi.CallSendRec, [5]uint64{uint64(peer), abi.NoTimeout}}},
	"ReplyReceive":         {func(g Gate) { m := sent; g.ReplyReceive(peer, &m) }, call{abi.CallReplyReceive, [5]uint64{uint64(peer)}}},
	"SendRecTimeout":       {func(g Gate) { m := sent; g.SendRecTimeout(peer, 15, &m) }, call{abi.CallSendRec, [5]uint64{uint64(peer), 15}}},
	"Notify":               {func(g Gate) { g.Notify(peer) }, call{abi.CallNotify, [5]uint64{uint64(peer)}}},
	"Sleep":                {func(g Gate) { g.Sleep(16) }, call{abi.CallReceive, [5]uint64{uint64(abi.Self), 16}}},
	"Entropy":              {func(g Gate) { g.Entropy(make([]byte, 6)) }, call{abi.CallEntropy, [5]uint64{6}}},
	"KeepStage":            {func(g Gate) { g.KeepStage(24, line) }, call{abi.CallKeep, [5]uint64{1, 24, where, 6}}},
	"KeepFlip":             {func(g Gate) { g.KeepFlip(40) }, call{abi.CallKeep, [5]uint64{2, 40}}},
	"KeepAppend":           {func(g Gate) { g.KeepAppend(line, true) }, call{abi.CallKeep, [5]uint64{3, 6, 1}}},
	"KeepConsume":          {func(g Gate) { g.KeepConsume() }, call{abi.CallKeep, [5]uint64{4}}},
	"KeepSettled":          {func(g Gate) { g.KeepSettled() }, call{abi.CallKeep, [5]uint64{5}}},
	"PCIFirst":             {func(g Gate) { g.PCIFirst() }, call{abi.CallPCI, [5]uint64{1}}},
	"PCINext":              {func(g Gate) { g.PCINext(40) }, call{abi.CallPCI, [5]uint64{2, 40}}},
	"PCIInfo":              {func(g Gate) { g.PCIInfo(40, &abi.FunctionInfo{}) }, call{abi.CallPCI, [5]uint64{3, 40}}},
	"PCIReserve":           {func(g Gate) { g.PCIReserve(40) }, call{abi.CallPCI, [5]uint64{4, 40}}},
	"PCIRelease":           {func(g Gate) { g.PCIRelease(40) }, call{abi.CallPCI, [5]uint64{5, 40}}},
	"PCIRead":              {func(g Gate) { g.PCIRead(40, 6, 2) }, call{abi.CallPCI, [5]uint64{6, 40, 6, 2}}},
	"PCIWrite":             {func(g Gate) { g.PCIWrite(40, 6, 2, 9) }, call{abi.CallPCI, [5]uint64{7, 40, 6, 2, 9}}},
	"PCICap":               {func(g Gate) { g.PCICap(40, 5, 80) }, call{abi.CallPCI, [5]uint64{8, 40, 5, 80}}},
	"PCIBar":               {func(g Gate) { g.PCIBar(40, 5, abi.BARCombine) }, call{abi.CallPCI, [5]uint64{9, 40, 5, 1}}},
	"PCIInterrupt":         {func(g Gate) { g.PCIInterrupt(40, 3, 7, abi.InterruptMSI) }, call{abi.CallPCI, [5]uint64{10, 40, 3, 7, 2}}},
	"PCIMaster":            {func(g Gate) { g.PCIMaster(40, 1) }, call{abi.CallPCI, [5]uint64{11, 40, 1}}},
	"PCIReset":             {func(g Gate) { g.PCIReset(40, abi.ResetBus) }, call{abi.CallPCI, [5]uint64{12, 40, 3}}},
	"DMAAlloc":             {func(g Gate) { g.DMAAlloc(40, 5000, abi.DMA32) }, call{abi.CallDMA, [5]uint64{1, 40, 5000, 1}}},
	"DMAFree":              {func(g Gate) { g.DMAFree(40, 1<<40) }, call{abi.CallDMA, [5]uint64{2, 40, 1 << 40}}},
	"DMAMap":               {func(g Gate) { g.DMAMap(40, 8, peer, 3) }, call{abi.CallDMA, [5]uint64{3, 40, 8, 3, uint64(peer)}}},
	"DMAUnmap":             {func(g Gate) { g.DMAUnmap(40, 8) }, call{abi.CallDMA, [5]uint64{4, 40, 8}}},
	"Load8":                {func(g Gate) { g.Load8(5) }, call{arg: [5]uint64{5, 1}}},
	"Load16":               {func(g Gate) { g.Load16(6) }, call{arg: [5]uint64{6, 2}}},
	"Load32":               {func(g Gate) { g.Load32(4) }, call{arg: [5]uint64{4, 4}}},
	"Load64":               {func(g Gate) { g.Load64(8) }, call{arg: [5]uint64{8, 8}}},
	"Store8":               {func(g Gate) { g.Store8(5, 255) }, call{arg: [5]uint64{5, 1, 255}}},
	"Store16":              {func(g Gate) { g.Store16(6, 65535) }, call{arg: [5]uint64{6, 2, 65535}}},
	"Store32":              {func(g Gate) { g.Store32(4, 1<<31) }, call{arg: [5]uint64{4, 4, 1 << 31}}},
	"Store64":              {func(g Gate) { g.Store64(8, 1<<63) }, call{arg: [5]uint64{8, 8, 1 << 63}}},
	"SetClock":             {func(g Gate) { g.SetClock(17) }, call{abi.CallSetClock, [5]uint64{17}}},
}

// noCalls are the methods that enter no kernel.
var noCalls = []string{"Start", "Clock", "Module", "Now", "TSC", "Pending", "Grant", "Revoke", "Memory", "Kept", "KeepReading", "In8", "In16", "In32", "Out8", "Out8s", "Out16", "Out32"}

func TestEachMethodIsItsCall(t *testing.T) {
	for name, c := range calls {
		r := &recorder{}
		c.do(NewGate(r))
		if len(r.calls) != 1 || r.calls[0] != c.want {
			t.Errorf("%s made the calls %v, want %v", name, r.calls, c.want)
		}
	}
	g := reflect.TypeFor[Gate]()
	if n := g.NumMethod(); n != len(calls)+len(noCalls) {
		t.Errorf("a Gate has %d methods, %d are here", n, len(calls)+len(noCalls))
	}
	for m := range g.Methods() {
		if _, ok := calls[m.Name]; !ok && !slices.Contains(noCalls, m.Name) {
			t.Errorf("%s is not here", m.Name)
		}
	}
}
