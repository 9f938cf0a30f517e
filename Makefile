# The commands of the README. Everything is built under build/ and left under out/.
.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-kamailio build kamailio demo test bench clean
MAKEFLAGS += --no-print-directory

help:
	@echo 'make demo    install what is missing, build, start the lab, run every scenario, show the report'
	@echo 'make test    install what is missing, build with sanitizers, run every test'
	@echo 'make bench   measure; the figures as a table and in out/bench.json'
	@echo 'make kamailio  install Kamailio, build the module that hosts the CSCFs in it; then: imslab run --host kamailio,'
	@echo '             and plain SIP without an IMS: imslab run --topology plain-sip'
	@echo 'make build   build/imslab and the nodes only'
	@echo 'make clean   remove build/release, build/asan, build/tsan and out/ (keeps fetched packages)'

setup:
	@setup/install

setup-test:
	@setup/install test

setup-kamailio:
	@setup/install kamailio

build: setup
	@setup/build release

kamailio: setup-kamailio build
	@setup/build release ims_node

demo: build
	@build/imslab run

test: setup-test build
	@tests/run

bench: setup-test build
	@bench/run

clean:
	rm -rf build/release build/asan build/tsan build/imslab out
