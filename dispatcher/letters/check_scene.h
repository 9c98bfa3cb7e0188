/* All a check needs at hand: the configuration, its letters, the rules of law, and where problems
 * go. */
#ifndef LETTERS_CHECK_SCENE_H
#define LETTERS_CHECK_SCENE_H

#include <stdint.h>

#include "base/error.h"
#include "base/problems.h"
#include "law/law.h"
#include "letters/check_report.h"
#include "model/settings.h"
#include "render/library.h"
#include "render/renderer.h"

struct check_case;
struct sms_cost;

/* A template that something was said of. */
struct draft_count {
    char *name;
    bool draft;
    size_t mistakes;
};

struct check_scene {
    struct check_report report;
    struct problems problems; /* tells the report */
    struct settings *settings;
    struct library *library;   /* NULL until check_scene_load_letters() */
    struct renderer *renderer; /* likewise */
    struct law *law;           /* NULL: there are no rules, which was told */
    int64_t now_ms;
    const char *only; /* problems of other templates than in this directory are not told; NULL */
    struct check_case **cases; /* what was judged, for the closing line, and what it borrows */
    size_t case_count;
    struct campaign **campaigns; /* some are NULL, like the sheets */
    size_t campaign_count;
    struct fact_sheet **sheets;
    size_t sheet_count;
    /* Hears of each duty that stays open after a campaign, besides the report; NULL. */
    void (*open)(void *context, const char *rule, const char *what, int64_t due_ms);
    void *open_context;
    /* When a campaign was sent, by its name, 0: never. NULL: when its file says. */
    int64_t (*sent_ms)(void *context, const char *campaign);
    /* Has a campaign of this name begun to leave, by the books? NULL: its file must say. */
    bool (*has_left)(const struct invocation *inv, const char *campaign);
    struct draft_count *drafts;
    size_t draft_count;
    struct sms_cost *sms_cost; /* where to put what the SMS of a campaign cost; NULL: nowhere */
};

/* Loads the configuration and the law; a mistake in them is told. ERR_USAGE; else 0, and
 * scene->settings is NULL if there is no going on. Close it in any case. */
MUST_CHECK int check_scene_open(const struct invocation *inv, struct check_scene *out,
                                struct error *err);
/* For another command than check: errors alone are told, and no secrets are read. */
MUST_CHECK int check_scene_open_brief(const struct invocation *inv, struct check_scene *out,
                                      struct error *err);
void check_scene_close(struct check_scene *s);
/* Tells what is wrong with letters and locales. What cannot be used was told; scene->library is
 * NULL if nothing could. */
MUST_CHECK int check_scene_load_letters(struct check_scene *s, struct error *err);
/* The same for one campaign (its file): what is wrong with other letters than the one it names
 * keeps nothing of it, and is not told. All is, if the file cannot be read. */
MUST_CHECK int check_scene_load_letter_of(struct check_scene *s, const char *campaign,
                                          struct error *err);
/* Forgets letters, to load others. */
void check_scene_unload_letters(struct check_scene *s);
/* Frees them when it is closed: until then the law borrows them. Both may be NULL. */
void check_scene_keep(struct check_scene *s, struct campaign *c, struct fact_sheet *sheet);
/* A line for each draft: what is wrong with it is told only if its path is given. */
void check_scene_tell_drafts(struct check_scene *s);
/* The line that names the rules and their date; nothing if none were applied. */
void check_scene_print_footer(const struct check_scene *s);

#endif
