# SPDX-License-Identifier: MIT
unit_tests += tests/unit/metrics/test_metrics
tests_unit_metrics_test_metrics_SOURCES = tests/unit/metrics/test_metrics.c
