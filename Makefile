# bennu: build, run, test. `make` lists the targets.
#
# Variables: EXTRA=DIR adds DIR's executables and its system.conf to the image; TAMAGO=GO builds
# with the go command of the official TamaGo distribution; those of qemu.sh (MACHINE=, CTL=, …) go to make run.

GO    ?= go
OUT   := out
JOBS  ?= $(shell nproc 2>/dev/null || echo 2)
build := $(GO) run ./tools/tamago build

# What goes into the image, NAME=PACKAGE: bin/NAME of the archive. This is the only list. A package's
# entry of system.conf is the .conf file beside its sources.
TASKS := rs=rs/root ds=rs/ds tty=drivers/tty ctl=rs/ctl rtc=drivers/rtc kbd=drivers/kbd faulty=drivers/faulty shell=rs/shell

# What other archives have: the root task that is the kernel's own tests; the one that is its benchmark, with a task to talk to; the
# client that tools/bench adds to the whole system; and what takes the machine from the others in tests, one program in many
# roles beside the services that drive no clock; an ordinary Go program, which tools/qemutest packs; and
# the workload and the injector of campaigns; who ends lives of RS, and looks whether anybody notices (tools/reap); the driver of a device that
# only teaches.
HOG   := boot/hog
PARTS := ktest=boot/ktest kbench=boot/kbench peer=boot/kbench/peer client=boot/kbench/client hog=$(HOG) gopher=boot/gopher reap=boot/reap load=rs/load swifi=rs/swifi edu=drivers/edu virtioblk=drivers/virtioblk disk=boot/disk

HOG_TASKS := $(filter-out rtc=%,$(TASKS))
HOG_NAMES  = $(foreach t,$(HOG_TASKS),$(call name,$t))
# In that archive the clock is a hog's. What the others' entries say of its driver is left out: there is none.
HOG_OTHERS = boot/system.conf $(foreach t,$(HOG_TASKS),$(wildcard $(call package,$t)/*.conf))

name    = $(firstword $(subst =, ,$1))
package = $(lastword $(subst =, ,$1))
NAMES   := $(foreach t,$(TASKS),$(call name,$t))
CONFS   := boot/system.conf $(foreach t,$(TASKS),$(wildcard $(call package,$t)/*.conf))
BINS    := $(foreach t,$(TASKS) $(PARTS),$(OUT)/bin/$(call name,$t))

.DEFAULT_GOAL := help
.PHONY: help build image run sim test check test-host test-qemu test-long test-hogs test-boot test-bochs test-recorded test-report test-sim test-reap test-servers test-slurm test-planted servers demo campaign experiment-disk bench figures mutants before size golden gdb clean need-go need-qemu need-cc need-binutils need-bochs need-grub need-uefi need-chromium need-slurm FORCE

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

build: need-go ## the kernel and all tasks, into out/
	@$(MAKE) -s -j$(JOBS) $(OUT)/kernel.elf $(BINS) $(OUT)/ring0test.elf $(OUT)/boardtest.elf

image: build ## what boots: out/kernel.elf and out/boot.tar
	$(GO) run ./tools/mkimage pack -o $(OUT)/boot.tar $(CONFS:%=-conf %) $(if $(EXTRA),-extra $(EXTRA)) $(foreach n,$(NAMES),bin/$n=$(OUT)/bin/$n)
	$(GO) run ./tools/mkimage pack -o $(OUT)/ktest.tar bin/rs=$(OUT)/bin/ktest
	$(GO) run ./tools/mkimage pack -o $(OUT)/bench.tar bin/rs=$(OUT)/bin/kbench bin/peer=$(OUT)/bin/peer bin/faulty=$(OUT)/bin/faulty bin/gopher=$(OUT)/bin/gopher bin/ctl=$(OUT)/bin/ctl
	@sed 's/^\([[:space:]]*ipc[[:space:]].*\) rtc\>/\1/' $(HOG_OTHERS) >$(OUT)/hogs-others.conf
	$(GO) run ./tools/mkimage pack -o $(OUT)/hogs.tar -conf $(OUT)/hogs-others.conf -conf $(HOG)/hogs.conf bin/hog=$(OUT)/bin/hog $(foreach n,$(HOG_NAMES),bin/$n=$(OUT)/bin/$n)

run: need-qemu image ## boot it in QEMU
	./qemu.sh

test: check test-host test-qemu ## check, host tests, QEMU tests

check: need-go ## what a commit needs: gofmt, vet, unsafe, sizes, dependencies
	$(GO) run ./tools/check
	$(GO) vet ./...
	$(GO) vet -tags qemu,long,bochs,browser,slurm ./tools/... ./rs/fi/...
	$(GO) run ./tools/tamago vet ./...
	$(GO) test ./tools/deps

# What tests draw follows from the commit: the same tests wherever a commit is tried, others at the next one. BENNU_SEED=N draws that.
seed_of_commit = $(shell c=$$(git rev-parse --short=8 HEAD 2>/dev/null) && printf %d 0x$$(echo $$c | cut -c1-8))
test test-host test-qemu: export BENNU_SEED := $(or $(BENNU_SEED),$(seed_of_commit))

test-host: need-go need-cc need-binutils ## unit tests and simulations, without QEMU
	$(GO) test $(TESTFLAGS) ./...

N    ?= 1000000
SEED ?= 0

sim: need-go ## the reincarnation server on a simulated kernel, ended itself at any call: N=… events from SEED=… on; ONLY=3,17-20 runs a part of one world
	$(GO) run ./tools/sim -n $(N) -seed $(SEED) $(if $(ONLY),-only $(ONLY)) $(if $(KILLS),-kills=$(KILLS))

test-qemu: need-qemu need-grub need-cc need-binutils image $(OUT)/bin/sum ## boot, kernel and recovery tests in QEMU
	$(GO) test $(TESTFLAGS) -count=1 -tags qemu -timeout 8m $(QEMU_TESTS)

test-long: test-sim test-reap test-servers test-hogs test-boot test-bochs test-recorded test-report test-planted ## what takes longer than make test should, or needs a host that does nothing else

test-reap: need-qemu image ## lives of the reincarnation server, and of the data store, end ten thousand times, under use: SEED=…
	$(GO) run ./tools/reap -kills 10000 $(if $(SEED),-seed $(SEED))
	$(GO) run ./tools/reap -ways exception,exit,panic,bad-call,memory -kills 1000 $(if $(SEED),-seed $(SEED))
	$(GO) run ./tools/reap -ways hang,hang-calls -kills 100 $(if $(SEED),-seed $(SEED))
	$(GO) run ./tools/reap -victims ds -most 100000 -kills 1000 $(if $(SEED),-seed $(SEED))
	$(GO) run ./tools/reap -victims rs,ds -most 100000 -kills 100 $(if $(SEED),-seed $(SEED))

test-sim: need-go # ten million events, each byte and each word of what the server keeps
	$(GO) test $(TESTFLAGS) -count=1 -timeout 30m ./rs/sim -sim.n 10000000

test-recorded: need-qemu image ## a new run of make bench beside the recorded figures
	$(GO) test $(TESTFLAGS) -count=1 -tags qemu,long -timeout 8m -run TestRecorded ./tools/bench

test-hogs: need-qemu image # each role of a hog sixteen times at once
	$(GO) run ./tools/demo -hogs each -seconds 3 -timeout 20m
	$(GO) test $(TESTFLAGS) -count=1 -tags qemu,long -timeout 10m -run 'TestHogs|TestManyDeaths' ./tools/demo

test-boot: need-qemu need-uefi image # GRUB, by BIOS and UEFI, on both machines, and the kernel at many places
	$(GO) test $(TESTFLAGS) -count=1 -tags qemu,long -timeout 20m -run 'TestLoaders|TestHole|TestKernelElsewhere' ./tools/qemutest

test-bochs: need-bochs image ## the kernel's tests on another processor: the emulator Bochs
	$(GO) test $(TESTFLAGS) -count=1 -tags bochs -timeout 40m ./tools/bochstest

test-report: need-chromium # a campaign's page in a browser
	$(GO) test $(TESTFLAGS) -count=1 -tags browser -timeout 10m -run TestBrowser ./tools/campaign/report
test-slurm: need-slurm ## a campaign's shards as jobs of a real Slurm, on this host alone, and of GNU parallel
	PATH=$$PATH:/usr/sbin $(GO) test $(TESTFLAGS) -count=1 -tags slurm -timeout 10m ./tools/campaign/jobs

test-planted: need-qemu image $(OUT)/bin/sum # kernels with planted bugs, each reported by the same campaign
	$(GO) test $(TESTFLAGS) -count=1 -v -tags qemu,long -timeout 15m -run TestPlanted ./tools/campaign/planted

# A machine has one processor: as many at once as the host has.
QEMU_TESTS := -p $(JOBS) $(sort $(dir $(shell grep -lrs --include=*_test.go '^//go:build qemu' tools rs/fi | sed 's|^|./|')))

size: build ## how many lines of Go and assembly ring 0 is, into docs/ARCHITECTURE.md
	$(GO) run ./tools/size -w

golden: need-qemu image ## rewrite the boot transcripts that the tests compare with
	$(GO) test -count=1 -tags qemu ./tools/qemutest -update

# MINIX's matrix, run_t1b: its seven types and all of them mixed, 1,000 blocks of 100 faults each. CAMPAIGN= has other options of `campaign run`.
CAMPAIGN ?= -services rtc -selections minix8 -faults 100 -blocks 1000

# Faults in the text and the data of the reincarnation server and of the data store: FAULTS of each kind in each.
FAULTS  ?= 10000
SERVERS  = -services rs,ds -selections random/data-flip,stack-flip,reg-flip -faults 1 -ops 4 -reached -blocks $(FAULTS)

servers: # the options of `make campaign` for that
	@echo $(SERVERS)

test-servers: need-qemu need-cc image $(OUT)/bin/sum # 500 faults of each kind in the reincarnation server and in the data store
	rm -rf $(OUT)/servers
	$(GO) run ./tools/campaign run -o $(OUT)/servers -jobs $(JOBS) $(SERVERS) -blocks 500
	$(GO) run ./tools/campaign report -o $(OUT)/servers/report $(OUT)/servers

campaign: need-qemu need-cc image $(OUT)/bin/sum ## break a service 800,000 times, in pieces that resume; CAMPAIGN="-services sum …" (docs/CAMPAIGNS.md)
	$(GO) run ./tools/campaign run -o $(OUT)/campaign -jobs $(JOBS) $(CAMPAIGN)
	$(GO) run ./tools/campaign report $(OUT)/campaign

demo: need-qemu image ## break a driver in every way and watch it come back
	$(GO) run ./tools/demo
	$(GO) run ./tools/demo -hogs mix

experiment-disk: need-qemu image ## a disk whose driver dies: never, each second, each fifth of one; DISKARGS="-mib 256 -json …" (tools/disk)
	$(GO) run ./tools/disk $(DISKARGS)

bench: need-qemu $(if $(LINUX),need-cc) image ## measure, in guest instructions; LINUX=VMLINUZ: the same work on Linux beside it
	$(GO) run ./tools/bench $(if $(LINUX),-linux $(LINUX))

figures: need-qemu $(if $(LINUX),need-cc) image ## measure a committed tree, record in docs/figures.json, rewrite the documents' figures; LINUX= as for bench
	$(GO) run ./tools/figures ready $(RECORD)
	$(GO) run ./tools/bench -json $(if $(LINUX),-linux $(LINUX)) >$(OUT)/bench.json || { grep -A9 '"failures"' $(OUT)/bench.json; exit 1; }
	$(GO) run ./tools/demo -json >$(OUT)/demo.json
	$(GO) run ./tools/figures record $(RECORD) -bench $(OUT)/bench.json -demo $(OUT)/demo.json

mutants: need-qemu ## break the code on purpose, and see that a test notices (long); MUTANTS="-only ID -seed N …"
	$(GO) run ./tools/mutants $(MUTANTS)

before: need-qemu ## run the new tests on an older commit's code, BASE=COMMIT: those of mended faults fail there (long)
	$(GO) run ./tools/before -base "$(BASE)" $(BEFORE)

gdb: need-qemu image ## boot, and wait for: gdb -ex 'target remote :1234' out/kernel.elf
	GDB=1 ./qemu.sh

clean: ## remove out/
	rm -rf $(OUT)

need-go:
	@./tools/need.sh go

need-bochs:
	@./tools/need.sh go bochs

need-qemu:
	@./tools/need.sh go qemu

need-grub:
	@./tools/need.sh go grub

need-uefi:
	@./tools/need.sh go grub uefi

need-chromium:
	@./tools/need.sh go chromium

need-binutils:
	@./tools/need.sh binutils

need-slurm:
	@./tools/need.sh go slurm

need-cc:
	@./tools/need.sh cc

# make build runs these silently. Go knows what has changed. The first program built fills the cache for the others.
$(OUT)/bin/rs: FORCE
	@mkdir -p $(OUT)/bin
	@echo "build $@"
	$(build) -ring 3 -o $@ ./$(call package,$(filter rs=%,$(TASKS)))

$(filter-out $(OUT)/bin/rs,$(BINS)): $(OUT)/bin/%: FORCE | $(OUT)/bin/rs
	@echo "build $@"
	$(build) -ring 3 -o $@ ./$(call package,$(filter $*=%,$(TASKS) $(PARTS)))

# The service in C that campaigns break.
$(OUT)/bin/sum: docs/examples/sum/sum.c docs/examples/sum/build.sh | need-cc
	@mkdir -p $(OUT)/bin
	@echo "build $@"
	docs/examples/sum/build.sh -o $@

$(OUT)/kernel.elf: FORCE | $(OUT)/bin/rs
	@echo "build $@"
	$(build) -ring 0 -symbols -o $(OUT)/kernel.raw.elf ./boot/kernel
	$(GO) run ./tools/mkimage kernel -multiboot2 mb2init $(OUT)/kernel.raw.elf $@

# The tests of ring 0 and of the board are kernels of their own.
$(OUT)/ring0test.elf $(OUT)/boardtest.elf: $(OUT)/%.elf: FORCE | $(OUT)/bin/rs
	@echo "build $@"
	$(build) -ring 0 -symbols -o $(OUT)/$*.raw.elf ./boot/$*
	$(GO) run ./tools/mkimage kernel -multiboot2 mb2init $(OUT)/$*.raw.elf $@

FORCE:
