# dispatcher: build, test, install. `make help` lists the targets. Everything built lands under build/.
SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

VERSION := 0.1.0
# Stands in the manual; the day a version is released, so that it is built the same later.
RELEASED := November 22, 2026
# Optional: without it, mails are not signed here. Where nothing can be asked there is none.
DKIM    := $(shell pkg-config --exists opendkim 2>/dev/null && echo opendkim)
PKGS    := libesmtp-1.0 libcurl jansson yaml-0.1 sqlite3 libcmark icu-i18n icu-uc openssl libmicrohttpd $(DKIM)

# GNU directory variables.
prefix        ?= /usr/local
exec_prefix   ?= $(prefix)
bindir        ?= $(exec_prefix)/bin
datarootdir   ?= $(prefix)/share
datadir       ?= $(datarootdir)
sysconfdir    ?= $(prefix)/etc
localstatedir ?= $(prefix)/var
docdir        ?= $(datarootdir)/doc/dispatcher
mandir        ?= $(datarootdir)/man
bashcompletiondir ?= $(datarootdir)/bash-completion/completions
zshcompletiondir  ?= $(datarootdir)/zsh/site-functions
fishcompletiondir ?= $(datarootdir)/fish/vendor_completions.d
systemdsystemunitdir ?= $(prefix)/lib/systemd/system
INSTALL         ?= install
INSTALL_PROGRAM ?= $(INSTALL)
INSTALL_DATA    ?= $(INSTALL) -m 644

# `make SAN=1 ...` builds the same under AddressSanitizer and UBSan in a tree of its own.
BUILD := build
ifdef SAN
BUILD := build/asan
endif

ifeq ($(origin CC),default)
CC := gcc
endif
WARN     := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wwrite-strings \
            -Wformat=2 -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wimplicit-fallthrough
WERROR   ?= -Werror
ifdef SAN
OPT      := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
LDOPT    := -fsanitize=address,undefined
else
OPT      := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fPIE
LDOPT    := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
endif
LANGUAGE := -std=c11 -D_GNU_SOURCE -DDISPATCHER_VERSION='"$(VERSION)"' -DDISPATCHER_RELEASED='"$(RELEASED)"' -Idispatcher
ALL_CFLAGS = $(LANGUAGE) $(CPPFLAGS) $(OPT) $(WARN) $(WERROR) -ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
# Only config/ knows where things are installed, so that another prefix recompiles a handful of files.
PATHS    := -DDISPATCHER_CONFDIR='"$(sysconfdir)/dispatcher"' -DDISPATCHER_DATADIR='"$(datadir)/dispatcher"' \
            -DDISPATCHER_SPOOLDIR='"$(localstatedir)/spool/dispatcher"'
# Asked when first used and then kept: on a machine without pkg-config `make deps` must still run.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)
# channel/ interposes connect() to give libesmtp a time limit; the library must find ours first.
EXPORTS  := -Wl,--export-dynamic-symbol=connect

# One short line per step; `make V=1` shows the commands.
step = $(if $(V),,@printf '%-5s%s\n' $(1) $@;)

# The floors, lowest first: a folder links against the lines above its own only.
FLOOR1  := base
FLOOR2  := model
FLOOR3  := config policy spool ledger render channel campaign law
FLOOR4  := engine
FLOOR5  := cli api
FLOOR6  := people
FLOOR7  := letters
FLOOR8  := desk operator
FOLDERS := $(FLOOR1) $(FLOOR2) $(FLOOR3) $(FLOOR4) $(FLOOR5) $(FLOOR6) $(FLOOR7) $(FLOOR8)

UNUSED  := dispatcher/channel/$(if $(DKIM),dkim_signature_none,dkim_signature).c
SOURCES := $(filter-out $(UNUSED),$(sort $(wildcard dispatcher/*.c dispatcher/*/*.c)))
HEADERS := $(sort $(wildcard dispatcher/*.h dispatcher/*/*.h))
TESTS   := $(sort $(wildcard tests/unit/*/*.[ch]))

objs = $(patsubst dispatcher/%.c,$(BUILD)/obj/%.o,$(filter dispatcher/$(1)/%,$(SOURCES)))
libs = $(foreach f,$(1),$(BUILD)/lib/$(f).a)

# Two pages are made of tables by the program itself, the others are written by hand.
MADE_MANUALS := dispatcher.1 dispatcher.yaml.5
MANUALS := $(addprefix $(BUILD)/man/,$(MADE_MANUALS) $(notdir $(sort $(wildcard docs/man/*.[1-8]))))

all: $(BUILD)/dispatcher $(MANUALS) ## build build/dispatcher and its manual (the default)

deps: ## install the Debian packages that are missing for all, test and demo
	@sh tests/tools/deps.sh build test

$(BUILD)/dispatcher: $(BUILD)/obj/main.o $(call libs,$(FOLDERS))
	$(call step,link) $(CC) $(LDOPT) $(LDFLAGS) -o $@ $< $(call libs,$(FLOOR8) api $(below_desk)) \
		$(PKG_LIBS) -ldl $(EXPORTS)

$(addprefix $(BUILD)/man/,$(MADE_MANUALS)): $(BUILD)/dispatcher
	@mkdir -p $(@D)
	$(call step,man) $(BUILD)/dispatcher manual $(@F) >$@

$(BUILD)/man/%: docs/man/%
	@mkdir -p $(@D)
	@cp $< $@

# Written aside and renamed: whoever links meanwhile sees the old archive or the new one. It depends on the
# folder itself too: a file that went away must leave the archive.
define FOLDER_RULES
$(call libs,$(1)): $(call objs,$(1)) $(wildcard dispatcher/$(1))
	@mkdir -p $$(@D)
	$$(call step,ar) ar rcsD $$@.$$$$$$$$ $$(filter %.o,$$^) && mv $$@.$$$$$$$$ $$@
endef
$(foreach f,$(FOLDERS),$(eval $(call FOLDER_RULES,$(f))))

$(BUILD)/obj/config/%.o: private LANGUAGE += $(PATHS)
$(call objs,config): $(BUILD)/paths

# The sentences of operators are part of the program.
$(BUILD)/obj/cli/say_catalogue.o: $(wildcard locales/messages/*.yaml)

$(BUILD)/obj/%.o: dispatcher/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call step,cc) $(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

# Touched only when the flags or the paths are others than last time.
$(BUILD)/flags: export CONTENT = $(CC) $(ALL_CFLAGS) $(LDOPT) $(LDFLAGS) $(DKIM)
$(BUILD)/paths: export CONTENT = $(PATHS)
$(BUILD)/flags $(BUILD)/paths: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$CONTENT" | cmp -s - $@ || printf '%s\n' "$$CONTENT" >$@

# A unit test links its own folder and the floors below: the floors hold at link time too.
below_base     :=
below_model    := $(FLOOR1)
below_floor3   := $(FLOOR2) $(FLOOR1)
below_engine   := $(FLOOR3) $(FLOOR2) $(FLOOR1)
below_cli      := $(FLOOR4) $(FLOOR3) $(FLOOR2) $(FLOOR1)
below_api      := $(below_cli)
below_people   := cli $(below_cli)
below_letters  := people $(below_people)
below_desk     := letters $(below_letters)
below_operator := $(below_desk)
below = $(if $(filter $(1),$(FLOOR3)),$(below_floor3),$(below_$(1)))

tests_of = $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(filter tests/unit/$(1)/test_%.c,$(TESTS)))
UNIT_TESTS := $(foreach f,$(FOLDERS),$(call tests_of,$(f)))

$(BUILD)/tests/obj/%.o: tests/unit/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call step,cc) $(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -Itests/unit -MMD -MP -c -o $@ $<

define TEST_RULES
$(call tests_of,$(1)): $(BUILD)/tests/unit/%: $(BUILD)/tests/obj/%.o $(call libs,$(1) $(call below,$(1)))
	@mkdir -p $$(@D)
	$$(call step,link) $$(CC) $$(LDOPT) $$(LDFLAGS) -o $$@ $$< $(call libs,$(1) $(call below,$(1))) $$(PKG_LIBS) -ldl -lcmocka $$(EXPORTS)
unit-$(1): $(call tests_of,$(1))
	@for t in $$^; do echo "== $$$$t"; $$$$t || exit 1; done
endef
$(foreach f,$(FOLDERS),$(eval $(call TEST_RULES,$(f))))

unit-tests: $(UNIT_TESTS)

-include $(patsubst dispatcher/%.c,$(BUILD)/obj/%.d,$(SOURCES))
-include $(patsubst tests/unit/%.c,$(BUILD)/tests/obj/%.d,$(filter %.c,$(TESTS)))

# What needs packages installs them first and then starts make afresh, which finds them.

demo: ## show it: 60 notices, three languages, three channels, one kill -9, counted at the receivers
	@sh tests/tools/deps.sh build test
	@$(MAKE) --no-print-directory all unpacked-peers
	@tests/demo/run

test: ## unit tests, floors, flow tests and short cuts of the faults; one closing line
	@sh tests/tools/deps.sh build test
	@$(MAKE) --no-print-directory all unit-tests unpacked-peers fault-tools
	@tests/tools/suite --build $(BUILD) --floors $(SUITE)

asan: ## unit and flow tests under AddressSanitizer and UBSan
	@sh tests/tools/deps.sh build test
	@$(MAKE) --no-print-directory SAN=1 all unit-tests unpacked-peers
	@tests/tools/suite --build build/asan --sanitized $(SUITE)

faults: ## break everything on purpose, minutes; its table goes to docs/reliability.md (FAULTS="-l", ...)
	@sh tests/tools/deps.sh build test
	@$(MAKE) --no-print-directory all fault-tools
	@tests/faults/run $(FAULTS); status=$$?; tests/faults/table; exit $$status

faults-big: ## one batch (RECIPIENTS=6500000), 20 kills on the way
	@$(MAKE) --no-print-directory faults FAULTS="--count $(RECIPIENTS) batch-big"
RECIPIENTS := 6500000

fault-tools: $(addprefix build/faults/,sink killat shim.so)
build/faults/%: tests/faults/%.c
	@mkdir -p $(@D)
	$(call step,cc) $(CC) -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) $(WERROR) -o $@ $<
build/faults/shim.so: tests/faults/shim.c
	@mkdir -p $(@D)
	$(call step,cc) $(CC) -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) $(WERROR) -shared -fPIC -fvisibility=hidden -o $@ $<

unpacked-peers:
	@sh tests/tools/peers.sh build/peers

bench: ## how fast beside smtp-source and wrk, minutes; tests/bench/README.md (BENCH="--big", "mails urgent", ...)
	@sh tests/tools/deps.sh build test bench
	@$(MAKE) --no-print-directory all unpacked-peers
	@tests/bench/run $(BENCH)

$(BUILD)/bench/render: tests/bench/render.c $(call libs,channel render model base)
	@mkdir -p $(@D)
	$(call step,link) $(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) $(LDOPT) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -ldl $(EXPORTS)

stages: ## processor time of a letter by stage, from a profile (perf)
	@sh tests/tools/deps.sh build test bench
	@$(MAKE) --no-print-directory all unpacked-peers
	@tests/bench/stages

peers: ## judge real output with promtool, and with npm packages (these need Node.js; says so and stops without)
	@sh tests/tools/deps.sh build test peers
	@$(MAKE) --no-print-directory all unpacked-peers
	@tests/flow/run tests/oracles/test_*.py
	@tests/npm/run

screenshots: ## letters and previews in headless Chromium, measured and pictured in build/screenshots
	@sh tests/tools/deps.sh build test screenshots
	@$(MAKE) --no-print-directory all
	@tests/screenshots/run $(LETTERS)

lint: ## floors, layout, clang-tidy and cppcheck
	@sh tests/tools/deps.sh build test lint
	@tests/lint/floors
	@clang-format --dry-run -Werror $(SOURCES) $(HEADERS) $(TESTS)
	@$(MAKE) --no-print-directory -k $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) tidied
	@cppcheck $(CPPCHECK) $(SOURCES)
	@echo "lint: nothing to say"

CPPCHECK := --quiet --error-exitcode=1 --std=c11 --language=c --enable=warning,performance,portability \
            --inline-suppr --suppressions-list=tests/lint/cppcheck.txt --library=posix,gnu \
            -Idispatcher -D_GNU_SOURCE '-DDISPATCHER_VERSION="x"' '-DDISPATCHER_RELEASED="x"' $(PATHS) -U__has_feature -j2

# One stamp per file: only what changed is looked at again. Following every path through a function takes five times as
# long as all other checks together, so that is a target of its own, which .ci/run runs too.
EACH = $(patsubst dispatcher/%.c,build/lint/%.$(1),$(SOURCES))
tidied: $(call EACH,tidy)
analyzed: $(call EACH,paths)
build/lint/config/%.tidy build/lint/config/%.paths: private LANGUAGE += $(PATHS)
build/lint/%.tidy: dispatcher/%.c .clang-tidy $(HEADERS)
	@mkdir -p $(@D)
	@clang-tidy --quiet --checks='-clang-analyzer-*' $< -- $(LANGUAGE) $(PKG_CFLAGS) >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

analyze: ## clang's analyzer: every path through every function, minutes
	@sh tests/tools/deps.sh build lint
	@$(MAKE) --no-print-directory -k $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) analyzed
	@echo "analyze: nothing to say"

# How many states of a function the analyzer tries: nearly all of its time goes into the few that have more. 20000 found
# what the analyzer's own limit of 225000 had found, in a fifth of the time; `make analyze NODES=225000` for the patient.
NODES := 20000
ANALYZER := -*,clang-analyzer-*,-clang-analyzer-optin.performance.Padding,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
build/lint/%.paths: dispatcher/%.c .clang-tidy $(HEADERS)
	@mkdir -p $(@D)
	@clang-tidy --quiet --checks='$(ANALYZER)' $< -- $(LANGUAGE) $(PKG_CFLAGS) -Xclang -analyzer-config -Xclang max-nodes=$(NODES) >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

format: ## lay out every source with clang-format
	@sh tests/tools/deps.sh lint
	clang-format -i $(SOURCES) $(HEADERS) $(TESTS)

CONFIGS := $(sort $(wildcard config/*.yaml config/*/*.yaml))

# The shipped configuration points into the checkout; the installed one points to where things were installed.
RELOCATE = -e 's|^spool: .*|spool: $(localstatedir)/spool/dispatcher|' \
           -e 's|^templates: .*|templates: $(datadir)/dispatcher/templates|' \
           -e 's|^locales: .*|locales: $(datadir)/dispatcher/locales|'

# Beside README.md as in the checkout: messages cite docs/..., and the pages link to each other.
DOCS := README.md LICENSE $(sort $(shell find docs -type f -not -path 'docs/man/*'))

# What the program prints of itself: completion of each shell, where it looks.
COMPLETIONS = bash:$(bashcompletiondir)/dispatcher zsh:$(zshcompletiondir)/_dispatcher \
              fish:$(fishcompletiondir)/dispatcher.fish

UNIT = -e 's|@bindir@|$(bindir)|g' -e 's|@docdir@|$(docdir)|g' -e 's|@confdir@|$(sysconfdir)/dispatcher|g' \
       -e 's|@spooldir@|$(localstatedir)/spool/dispatcher|g'

install: all ## install; keeps configuration and letters somebody changed (DESTDIR, prefix, bindir, sysconfdir ...)
	$(INSTALL) -d "$(DESTDIR)$(bindir)" "$(DESTDIR)$(datadir)/dispatcher" "$(DESTDIR)$(sysconfdir)/dispatcher"
	$(INSTALL_PROGRAM) $(BUILD)/dispatcher "$(DESTDIR)$(bindir)/dispatcher"
	@INSTALL="$(INSTALL)" INSTALL_DATA="$(INSTALL_DATA)" sh tests/tools/letters.sh install "$(DESTDIR)$(datadir)/dispatcher"
	@for f in $(CONFIGS); do \
		to="$(DESTDIR)$(sysconfdir)/dispatcher/$${f#config/}"; \
		if [ -e "$$to" ]; then echo "kept $$to"; continue; fi; \
		$(INSTALL) -d "$${to%/*}" && sed $(RELOCATE) "$$f" >"$$to" && chmod 644 "$$to" || exit 1; \
	done
	@for f in $(DOCS); do \
		to="$(DESTDIR)$(docdir)/$$f"; $(INSTALL) -d "$${to%/*}" && $(INSTALL_DATA) "$$f" "$$to" || exit 1; \
	done
	@for f in $(MANUALS); do \
		to="$(DESTDIR)$(mandir)/man$${f##*.}"; $(INSTALL) -d "$$to" && $(INSTALL_DATA) "$$f" "$$to/$${f##*/}" || exit 1; \
	done
	@for c in $(COMPLETIONS); do \
		to="$(DESTDIR)$${c#*:}"; $(INSTALL) -d "$${to%/*}" && $(BUILD)/dispatcher completion $${c%%:*} >"$$to" && \
		chmod 644 "$$to" || exit 1; \
	done
	$(INSTALL) -d "$(DESTDIR)$(systemdsystemunitdir)"
	@sed $(UNIT) config/dispatcher.service.in >"$(DESTDIR)$(systemdsystemunitdir)/dispatcher.service" && \
		chmod 644 "$(DESTDIR)$(systemdsystemunitdir)/dispatcher.service"
	@spool="$(DESTDIR)$(localstatedir)/spool/dispatcher"; [ -d "$$spool" ] || $(INSTALL) -d -m 2770 "$$spool"

uninstall: ## remove what install placed, but no configuration, spool or changed letter
	rm -f "$(DESTDIR)$(bindir)/dispatcher" "$(DESTDIR)$(systemdsystemunitdir)/dispatcher.service"
	@for f in $(MANUALS); do rm -f "$(DESTDIR)$(mandir)/man$${f##*.}/$${f##*/}"; done
	@for c in $(COMPLETIONS); do rm -f "$(DESTDIR)$${c#*:}"; done
	@for f in $(DOCS); do rm -f "$(DESTDIR)$(docdir)/$$f"; done
	@[ ! -d "$(DESTDIR)$(docdir)" ] || find "$(DESTDIR)$(docdir)" -depth -type d -empty -delete
	@sh tests/tools/letters.sh uninstall "$(DESTDIR)$(datadir)/dispatcher"

clean: ## remove build/
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' Makefile

.PHONY: all analyze analyzed bench screenshots deps demo stages test asan faults faults-big fault-tools unpacked-peers peers lint tidied format install uninstall clean help unit-tests \
        FORCE $(addprefix unit-,$(FOLDERS))
