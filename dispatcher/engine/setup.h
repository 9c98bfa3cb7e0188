/*
 * A setup: one configuration with everything compiled from it (templates, locales). It is validated
 * as a whole and swapped as a whole; workers keep the one they were forked with, so it is counted.
 */
#ifndef ENGINE_SETUP_H
#define ENGINE_SETUP_H

#include "base/error.h"
#include "config/config.h"
#include "model/settings.h"
#include "render/library.h"

struct setup {
    struct settings *settings;
    struct library *library;
    int generation;
    int references;
};

/* Loads and checks configuration, templates and locales; *out has one reference. A letter with a
 * mistake is left out (library_refuse_letter() says why). ERR_CONFIG and *out NULL otherwise. */
MUST_CHECK int setup_load(const struct config_options *options, int generation, struct setup **out,
                          struct error *err);
/* The next one after `old`: a letter with a mistake that is in `old` stays as it is there. */
MUST_CHECK int setup_reload(const struct config_options *options, const struct setup *old,
                            struct setup **out, struct error *err);
/* The same with the drafts that have no mistakes: to look at letters, never to send them. */
MUST_CHECK int setup_load_drafts(const struct config_options *options, struct setup **out,
                                 struct error *err);
/* Can mails be signed as the settings say? ERR_CONFIG with the position of the key. */
MUST_CHECK int setup_check_signing(const struct settings *s, struct error *err);
/* What the configuration says that would not work, as warnings of the log. */
void setup_tell_remarks(const struct setup *s);
/* Which letters have a mistake, as errors of the log. */
void setup_tell_letters(const struct setup *s);
/* Puts the key of the spool's tokens into the settings; makes it if there is none. For whoever
 * sends or is told what became of it: to check something no spool is needed. ERR_CONFIG. */
MUST_CHECK int setup_take_key(struct setup *s, struct error *err);
/* The zone a recipient lives in as far as anybody knows: their own, the configuration's, that of
 * the language. NULL: UTC. Borrowed. */
const char *setup_zone(const struct setup *s, const char *zone, const char *locale);
struct setup *setup_retain(struct setup *s);
/* The last release frees; NULL is fine. */
void setup_release(struct setup *s);

#endif
