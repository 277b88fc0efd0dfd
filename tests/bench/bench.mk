# Installs the peers that tests/bench measures against: Python packages into a virtual environment of their own here, MariaDB's server from Debian's packages.
# Included by the Makefile at the top; by itself: make -f tests/bench/bench.mk bench-peers
#
# A peer that cannot be installed is named and the others go on: the figures that need it then fail with what is missing.

BENCH_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

.PHONY: bench-peers bench-mariadb bench-clean

bench-peers: bench-mariadb $(BENCH_DIR)/peers/.venv/installed

# $(call bench_needs,condition,packages,peer): holds when the condition does, a shell command; packages are installed for it where that is possible.
bench_needs = { \
	if ! { $(1); } >/dev/null 2>&1 && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "$(3): installing $(2)"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; \
	fi; \
	{ $(1); } >/dev/null 2>&1 || { echo "$(3): install the Debian packages $(2), or what your system calls them" >&2; false; }; }

# The core package has the server's programs and no service: nothing is started, and a server that runs already is left alone.
bench-mariadb:
	@PATH="$$PATH:/usr/sbin"; $(call bench_needs,command -v mariadbd && command -v mariadb-install-db,mariadb-server-core,MariaDB server) || true

$(BENCH_DIR)/peers/.venv/installed: $(BENCH_DIR)/peers/requirements.txt
	@cd $(@D)/.. && rm -rf .venv && $(call bench_needs,python3 -m ensurepip --version,python3 python3-venv,scikit-learn and pandas) && \
	echo "installing scikit-learn and pandas" && python3 -m venv .venv && .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt && \
	touch .venv/installed || echo "scikit-learn and pandas could not be installed; Python 3.11 or newer is needed" >&2

bench-clean:
	rm -rf $(BENCH_DIR)/peers/.venv
