# dispatcher: build, test, install. `make help` lists the targets. Everything built lands under build/.
SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1.0
PKGS    := libesmtp-1.0 libcurl jansson yaml-0.1 sqlite3 libcmark icu-i18n icu-uc openssl

BUILD := build
ifdef SAN
BUILD := build/asan
endif

CC       ?= gcc
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
LDOPT    := -pie -Wl,-z,relro,-z,now
endif
CPPFLAGS += -D_GNU_SOURCE -DDISPATCHER_VERSION='"$(VERSION)"' -Idispatcher
CFLAGS   += -std=c11 $(OPT) $(WARN) $(WERROR) -ffile-prefix-map=$(CURDIR)=.
LDLIBS    = $(shell pkg-config --libs $(PKGS)) -ldl

# The floors, lowest first: a folder links against the lines above its own only.
FLOOR1  := base
FLOOR2  := model
FLOOR3  := config policy spool ledger render channel
FLOOR4  := engine
FLOOR5  := operator
FOLDERS := $(FLOOR1) $(FLOOR2) $(FLOOR3) $(FLOOR4) $(FLOOR5)

srcs = $(sort $(wildcard dispatcher/$(1)/*.c))
objs = $(patsubst dispatcher/%.c,$(BUILD)/obj/%.o,$(call srcs,$(1)))
lib  = $(BUILD)/lib/$(1).a

ARCHIVES := $(foreach f,$(FOLDERS),$(call lib,$(f)))
UPWARDS   = $(foreach f,$(1),$(call lib,$(f)))

all: $(BUILD)/dispatcher

$(BUILD)/dispatcher: $(BUILD)/obj/main.o $(ARCHIVES)
	$(CC) $(LDOPT) -o $@ $< $(call UPWARDS,$(FLOOR5) $(FLOOR4) $(FLOOR3) $(FLOOR2) $(FLOOR1)) $(LDLIBS) $(EXPORTS)

define FOLDER_RULES
$(call lib,$(1)): $(call objs,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcsD $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call FOLDER_RULES,$(f))))

$(BUILD)/obj/%.o: dispatcher/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# A unit test links its own folder and the floors below: the floors hold at link time too.
below_base     :=
below_model    := $(FLOOR1)
below_floor3   := $(FLOOR2) $(FLOOR1)
below_engine   := $(FLOOR3) $(FLOOR2) $(FLOOR1)
below_operator := $(FLOOR4) $(FLOOR3) $(FLOOR2) $(FLOOR1)
below = $(if $(filter $(1),$(FLOOR3)),$(below_floor3),$(below_$(1)))

tests_of = $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(sort $(wildcard tests/unit/$(1)/test_*.c)))
UNIT_TESTS := $(foreach f,$(FOLDERS),$(call tests_of,$(f)))

define TEST_RULES
$(BUILD)/tests/unit/$(1)/%: tests/unit/$(1)/%.c $(call UPWARDS,$(1) $(call below,$(1)))
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) $$(CFLAGS) -MMD -MP $$(LDOPT) -o $$@ $$< $(call UPWARDS,$(1) $(call below,$(1))) $$(LDLIBS) -lcmocka $$(EXPORTS)
unit-$(1): $(call tests_of,$(1))
	@for t in $$^; do echo "== $$$$t"; $$$$t || exit 1; done
endef
$(foreach f,$(FOLDERS),$(eval $(call TEST_RULES,$(f))))

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

clean:
	rm -rf build

.PHONY: all clean $(addprefix unit-,$(FOLDERS))
