package deps

// policy says what each package may import of this module. DO NOT CHANGE IT TO MAKE A BUILD
// PASS: an arrow that is missing here is missing on purpose (docs/ARCHITECTURE.md). A row is
//
//	FOLDER...: WHAT...
//
// The row with the longest FOLDER that a package lies in decides; WHAT are folders with all that
// is in them, and "-FOLDER" takes one out again. "own" is the package's own folder below FOLDER
// (drivers/tty for drivers/tty/x). Packages without a row may not exist. Tests are free.
const policy = `
# what crosses the rings imports nothing, and everybody may import it
kernel/abi:                      nothing
kernel/usys:                     kernel/abi board/x86
# the address map: whoever links, loads or runs at one of its addresses
kernel/layout:                   kernel/abi
kernel/crc32c:                   nothing
kernel/archive:                  kernel/crc32c
kernel/archive/pack:             kernel/archive kernel/crc32c
kernel/ioport:                   kernel/abi # the PC's ports: the kernel and who checks system.conf use one table
kernel/room:                     kernel/abi kernel/layout # whose a machine's memory is: likewise

# devices as programs: tests and fault injection put them in a real one's place
board/model:                     nothing

# the processor's instructions decide nothing and import nothing; who runs on the processor, in either ring, may use them. The
# rest of the kernel does not: what it wants of the processor goes through kernel.Machine, which tests play
board/x86:                       nothing

# ring 0 knows nothing of what runs in ring 3, nor of the board it runs on
kernel:                          kernel -kernel/usys -kernel/archive -kernel/fake
# on the host, under tests only: the kernel at the system call, around its own packages. Who has a usys.Gate is tested on it
kernel/fake:                     kernel -kernel/archive
# configuration spaces of machines that are made up, for tests
kernel/pci/fake:                 kernel/abi
kernel/arch:                     kernel/abi kernel/layout kernel/mem kernel/paging board/x86
kernel/pci:                      kernel/abi
kernel/pci/msi:                  kernel/abi kernel/pci
board/pc:                        board/pc board/x86 kernel/abi kernel/layout
board/ring3:                     kernel/abi kernel/usys board/x86
# the kernel's main package and the ring-0 programs that test the board and the kernel's entry share boot/ring0
boot:                            board/pc board/x86 kernel -kernel/usys -kernel/fake boot/ring0
boot/ring0test:                  board/pc board/x86 kernel -kernel/usys -kernel/fake boot/ring0 boot/ktest/code
# root tasks that test and measure the kernel
boot/ktest:                      kernel/abi kernel/layout kernel/usys kernel/archive board/ring3 board/x86 boot/ktest
boot/kbench:                     kernel/abi kernel/usys kernel/archive board/ring3 board/x86 boot/ktest/code boot/kbench boot/gopher/ask drivers/protocol
# a service that is hostile on purpose: no SDK, which behaves
boot/hog:                        kernel/abi kernel/usys board/ring3 drivers/protocol
# services that end others' lives, and look whether anybody notices, as the workload of campaigns does
boot/reap:                       kernel/abi kernel/usys drivers/protocol drivers/sdk -drivers/sdk/fake board/ring3 rs/load/witness own
# a client of a disk that ends its driver's lives; what it does is drawn by who looks at the disk afterwards, too
boot/disk:                       kernel/abi drivers/protocol drivers/sdk -drivers/sdk/fake board/ring3 own
# a service that is an ordinary Go program: the SDK, and all of std that it likes
boot/gopher:                     kernel/abi drivers/sdk -drivers/sdk/fake board/ring3 own

# the reincarnation server: what decides knows neither the kernel's calls nor files
rs/conf:                         kernel/abi kernel/ioport kernel/room kernel/sched
rs/policy:                       kernel/abi
# the data store: what it knows is pure, and only the protocol names its types; the service is written as drivers are
rs/ds/store:                     kernel/abi drivers/protocol/ds
rs/ds:                           kernel/abi drivers/protocol/ds drivers/sdk -drivers/sdk/fake board/ring3 rs/kept rs/ds
# what outlives a life, of RS and of the data store
rs/kept:                         kernel/abi kernel/crc32c
rs/server:                       kernel/abi kernel/archive kernel/usys rs/conf rs/policy rs/kept
# on the host only: the server as it is on a simulated kernel
rs/sim:                          kernel/abi kernel/archive kernel/crc32c kernel/fake rs/kept rs/server
rs/root:                         kernel/abi kernel/archive kernel/usys board/ring3 rs/server rs/conf rs/policy

# clients of the reincarnation server are written as drivers are
rs/service rs/shell rs/ctl:      kernel/abi drivers/protocol drivers/sdk -drivers/sdk/fake board/ring3 rs/service rs/shell rs/ctl

# fault injection: what a fault is and what it did, the same in the injector's task and on the host
rs/fi:                           kernel/abi rs/fi

# the injector is a service that traces others
rs/swifi:                        kernel/abi drivers/protocol drivers/sdk -drivers/sdk/fake board/ring3 rs/fi rs/swifi
# the workload of campaigns asks drivers as they are asked, and knows what the operator's commands answer
rs/load:                         kernel/abi drivers/protocol drivers/sdk -drivers/sdk/fake board/ring3 rs/load rs/ctl/wire rs/service -rs/service/live rs/shell/session

# the injector's device for a victim
rs/fi/model:                     board/model kernel/abi

# what a driver and its clients agree on: whoever talks to a driver may import it, and neither kernel nor RS does, so that
# a new driver edits no file of theirs
drivers/protocol:                kernel/abi

# a driver has the SDK and the protocols, and nothing else; the SDK is the data store's client
drivers/sdk:                     kernel/abi kernel/usys drivers/protocol/ds drivers/sdk -drivers/sdk/fake
# block devices: the clients' end, and the end that their drivers share
drivers/sdk/block:               kernel/abi drivers/protocol/block drivers/sdk -drivers/sdk/fake
# the kernel and the data store around them
drivers/sdk/block/device:        kernel/abi drivers/protocol/block drivers/protocol/ds drivers/sdk -drivers/sdk/fake
# on the host, under tests only: a driver's devices and peers around kernel/fake
drivers/sdk/fake:                board/model kernel/abi kernel/fake kernel/ioport kernel/usys drivers/protocol/ds drivers/sdk
drivers:                         kernel/abi drivers/protocol drivers/sdk -drivers/sdk/fake board/ring3 own

# the developer's machine: no driver, no server, nothing of ring 0. The operator's commands and their
# answers are the same on both ends of the control port
tools:                           tools kernel/abi drivers/protocol kernel/archive kernel/layout rs/conf rs/service -rs/service/live
# who packs an archive holds system.conf against the memory that the kernel leaves services
tools/mkimage:                   tools kernel/abi kernel/archive kernel/layout rs/conf
tools/internal/bootimage:        tools kernel/abi kernel/archive kernel/layout kernel/room rs/conf
# the demo holds what services waited against what the scheduler promises, and packs hogs
tools/demo:                      tools kernel/abi drivers/protocol kernel/archive kernel/layout kernel/sched rs/conf rs/service -rs/service/live
# what fault types promise is held by one package, against objdump
tools/faulttest:                 tools rs/fi kernel/abi
# the simulation's command
tools/sim:                       rs/sim
# the benchmark packs one more service, written by the kernel's benchmark, and talks to its client
tools/bench:                     tools kernel/abi drivers/protocol kernel/archive kernel/layout boot/kbench/role boot/kbench/victim rs/conf rs/service -rs/service/live
# who ends lives of RS, in a machine that is used, packs the services that do
tools/reap:                      tools kernel/abi boot/reap/say
# the experiment with a disk packs the service that uses it, and draws what that has written
tools/disk:                      tools kernel/abi boot/disk/plan rs/conf
# campaigns read what the injector writes, and the code of the services
tools/campaign:                  tools kernel/abi drivers/protocol kernel/archive kernel/layout kernel/crc32c rs/conf rs/fi
# what documents say of campaigns names outcomes by their words
tools/figures:                   tools kernel/abi rs/fi/outcome
# the same work on Linux counts by the same counter
tools/bench/linux:               board/x86
`

// std says which packages of the standard library (and of other modules) are refused where. A
// name ends at a slash or at its end: "net" is net/http too. Files that are not built for bare
// metal (//go:build !tamago) may import anything.
const std = `
# ring 0: nothing that formats by reflection, does I/O or starts goroutines of its own
kernel board:                    fmt os net log syscall reflect encoding/json time context io/fs github.com golang.org
boot:                            fmt os net log syscall reflect encoding/json time context io/fs golang.org
kernel/archive/pack:             none # runs on the host only
boot/gopher boot/reap boot/disk: none # ordinary programs
boot/ktest:                    net log syscall io/fs os/exec # a task; one case runs what a Go program may ask of os

# what decides is a function of its arguments: no clock, no chance, no I/O
rs/conf rs/policy rs/ds rs/kept: fmt os net log syscall io/fs math/rand crypto/rand context runtime github.com golang.org

# a task links it: no reader of files, but in elffile, which runs on the host only
rs/fi:                           os net log syscall io/fs os/exec debug
rs/fi/code:                      fmt os net log syscall io/fs os/exec debug reflect time runtime
rs/fi/code/elffile:              none

# words and numbers only: whoever talks to a driver links its protocol
drivers/protocol:                fmt os net log syscall reflect errors sync encoding time context io math/rand unsafe runtime github.com golang.org

# a task has no files and no network
rs drivers:                      os net log syscall io/fs os/exec
`
