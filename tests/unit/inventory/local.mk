# SPDX-License-Identifier: MIT
unit_tests += tests/unit/inventory/test_inventory
tests_unit_inventory_test_inventory_SOURCES = tests/unit/inventory/test_stock.c
