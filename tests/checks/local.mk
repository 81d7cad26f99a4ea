# SPDX-License-Identifier: MIT
check_scripts = \
	tests/checks/check_alerts.sh \
	tests/checks/check_banned.sh \
	tests/checks/check_circles.sh \
	tests/checks/check_docs.sh \
	tests/checks/check_exports.sh \
	tests/checks/check_fuzz.sh \
	tests/checks/check_install.sh \
	tests/checks/check_layers.sh \
	tests/checks/check_model.sh \
	tests/checks/check_new_resource.sh \
	tests/checks/check_package.sh \
	tests/checks/check_registry.sh \
	tests/checks/check_words.sh
