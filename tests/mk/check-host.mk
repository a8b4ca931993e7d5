# check-host.mk: what to run while changing the heap: its tests on this machine, in the target's layout.
#
# SPDX-License-Identifier: MIT
CHECK_HOST := $(call host_tests,32,common fault host)
.PHONY: check-host check-host-now
## check-host: the tests of the heap that need no board, in the target's layout: a minute
check-host: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) check-host-now
check-host-now: $(CHECK_HOST)
	$(Q)tests/run $(JOBS) $(CHECK_HOST)
