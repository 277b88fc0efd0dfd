# Installs the clients that tests/clients drives, into folders of its own here; the mariadb command-line client and missing languages come from Debian's packages.
# Included by the Makefile at the top; by itself: make -f tests/clients/clients.mk clients
#
# A client that cannot be installed is named and the others go on: its test is then skipped, or fails where CI=true.

CLIENTS_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

.PHONY: clients client-cli client-python client-node client-java clients-clean

clients:: client-cli client-python client-node client-java

# $(call client_needs,condition,packages,client): holds when the condition does, a shell command; packages are installed for it where that is possible.
client_needs = { \
	if ! { $(1); } >/dev/null 2>&1 && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "$(3): installing $(2)"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; \
	fi; \
	{ $(1); } >/dev/null 2>&1 || { echo "$(3): install the Debian packages $(2)" >&2; false; }; }

# $(call client_failed,client): names it, and ends make only where no client may be missing.
client_failed = { echo "$(1) could not be installed" >&2; [ -z "$(filter true 1,$(CI))" ]; }

client-cli:
	@$(call client_needs,command -v mariadb,mariadb-client,mariadb command-line client) || $(call client_failed,mariadb command-line client)

client_python := PyMySQL or SQLAlchemy or pandas or MySQL Connector/Python

client-python: $(CLIENTS_DIR)/python/.venv/installed
client-node: $(CLIENTS_DIR)/node/node_modules/installed
client-java: $(CLIENTS_DIR)/java/target/installed

$(CLIENTS_DIR)/python/.venv/installed: $(CLIENTS_DIR)/python/requirements.txt
	@cd $(@D)/.. && rm -rf .venv && $(call client_needs,python3 -m ensurepip --version,python3 python3-venv,$(client_python)) && \
	echo "installing $(client_python)" && python3 -m venv .venv && .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt && \
	touch .venv/installed || $(call client_failed,$(client_python))

$(CLIENTS_DIR)/node/node_modules/installed: $(CLIENTS_DIR)/node/package-lock.json
	@cd $(@D)/.. && rm -rf node_modules && $(call client_needs,node --version && npm --version,nodejs npm,mysql2 of Node.js) && \
	echo "installing mysql2 of Node.js" && npm ci --silent && \
	touch node_modules/installed || $(call client_failed,mysql2 of Node.js)

# Everything is fetched and compiled here; the tests start java alone.
$(CLIENTS_DIR)/java/target/installed: $(CLIENTS_DIR)/java/pom.xml $(wildcard $(CLIENTS_DIR)/java/src/main/java/aibms/clients/*.java)
	@cd $(@D)/.. && rm -rf target && $(call client_needs,java --version && javac --version && mvn --version,default-jdk-headless maven,MySQL Connector/J) && \
	echo "installing MySQL Connector/J" && printed=$$(mvn -q -B -Dstyle.color=never -Dmaven.repo.local="$$PWD/.repository" compile dependency:copy-dependencies 2>&1) || { echo "$$printed"; false; } && \
	touch target/installed || $(call client_failed,MySQL Connector/J)

clients-clean:
	rm -rf $(CLIENTS_DIR)/python/.venv $(CLIENTS_DIR)/node/node_modules $(CLIENTS_DIR)/java/target $(CLIENTS_DIR)/java/.repository
