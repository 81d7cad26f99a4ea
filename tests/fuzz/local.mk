# SPDX-License-Identifier: MIT
# Each fuzz target linked with a main that replays its corpus; tests/checks/check_fuzz.sh runs them.
fuzz_replays = \
	tests/fuzz/replay_email \
	tests/fuzz/replay_json_body \
	tests/fuzz/replay_money \
	tests/fuzz/replay_path \
	tests/fuzz/replay_query \
	tests/fuzz/replay_time \
	tests/fuzz/replay_token
tests_fuzz_replay_email_SOURCES = tests/fuzz/fuzz_email.c tests/fuzz/replay.c
tests_fuzz_replay_email_LDADD = libshop.la $(SHOP_LIBS)
tests_fuzz_replay_json_body_SOURCES = tests/fuzz/fuzz_json_body.c tests/fuzz/replay.c
tests_fuzz_replay_json_body_LDADD = libshop.la $(SHOP_LIBS)
tests_fuzz_replay_money_SOURCES = tests/fuzz/fuzz_money.c tests/fuzz/replay.c
tests_fuzz_replay_money_LDADD = libshop.la $(SHOP_LIBS)
tests_fuzz_replay_path_SOURCES = tests/fuzz/fuzz_path.c tests/fuzz/replay.c
tests_fuzz_replay_path_LDADD = libshop.la $(SHOP_LIBS)
tests_fuzz_replay_query_SOURCES = tests/fuzz/fuzz_query.c tests/fuzz/replay.c
tests_fuzz_replay_query_LDADD = libshop.la $(SHOP_LIBS)
tests_fuzz_replay_time_SOURCES = tests/fuzz/fuzz_time.c tests/fuzz/replay.c
tests_fuzz_replay_time_LDADD = libshop.la $(SHOP_LIBS)
tests_fuzz_replay_token_SOURCES = tests/fuzz/fuzz_token.c tests/fuzz/replay.c
tests_fuzz_replay_token_LDADD = libshop.la $(SHOP_LIBS)
check_PROGRAMS += $(fuzz_replays)
EXTRA_DIST += tests/fuzz/corpus
