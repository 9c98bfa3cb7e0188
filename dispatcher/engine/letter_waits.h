/*
 * Notices in new/ whose letter was left out for a mistake. They stay where they are, safe, and are
 * remembered here, so that a pass over new/ does not read them again and again while others come.
 * After a reload all are forgotten, and every few minutes all are read once more.
 */
#ifndef ENGINE_LETTER_WAITS_H
#define ENGINE_LETTER_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise. */
struct letter_waits {
    void *names; /* of tsearch(3) */
    char **reasons;
    size_t count, reason_count;
    int round;
    int64_t since_mono_ms;
};

/* `name` of the file, and why its letter was left out. False: it was noted before, or there are too
 * many. */
bool letter_waits_note(struct letter_waits *w, const char *name, const char *reason,
                       int64_t mono_ms);
/* The reason, NULL if it is not known to wait or has to be read again. Borrowed until it is
 * forgotten. */
const char *letter_waits_find(const struct letter_waits *w, const char *name);
void letter_waits_forget(struct letter_waits *w);
/* What stands there for long is to be read again: its file may be another one by now. */
void letter_waits_tend(struct letter_waits *w, int64_t mono_ms);

#endif
