# SPDX-License-Identifier: MIT
# Seeded schedules of the order code over the fakes, and over a real store.
unit_tests += tests/storm/test_storm
contract_tests += tests/storm/test_storm_store
storm_sources = \
	tests/storm/storm.h \
	tests/storm/storm_args.c \
	tests/storm/storm_audit.c \
	tests/storm/storm_audit_carts.c \
	tests/storm/storm_call.c \
	tests/storm/storm_carts.c \
	tests/storm/storm_durable.c \
	tests/storm/storm_main.c \
	tests/storm/storm_ports.c \
	tests/storm/storm_refund.c \
	tests/storm/storm_sched.c \
	tests/storm/storm_store.c \
	tests/storm/storm_weak.c \
	tests/storm/storm_world.c
tests_storm_test_storm_SOURCES = $(storm_sources) tests/storm/test_storm.c
tests_storm_test_storm_store_SOURCES = $(storm_sources) tests/storm/test_storm_store.c
