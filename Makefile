# The commands of the README. Everything is built under build/ and left under out/.
.DEFAULT_GOAL := help
.PHONY: help setup setup-test build demo test bench clean
MAKEFLAGS += --no-print-directory

help:
	@echo 'make demo    install what is missing, build, start the lab, run every scenario, show the report'
	@echo 'make test    install what is missing, build with sanitizers, run every test'
	@echo 'make bench   measure; the figures as a table and in out/bench.json'
	@echo 'make build   build/imslab and the nodes only'
	@echo 'make clean   remove build/release, build/asan, build/tsan and out/ (keeps fetched packages)'

setup:
	@setup/install

setup-test:
	@setup/install test

build: setup
	@setup/build release

demo: build
	@build/imslab run

test: setup-test build
	@tests/run

bench: build
	@bench/run

clean:
	rm -rf build/release build/asan build/tsan build/imslab out
