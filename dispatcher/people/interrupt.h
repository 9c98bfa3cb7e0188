/* Ctrl-C in the middle of what must be tidied up first: the signal is held until it is. */
#ifndef PEOPLE_INTERRUPT_H
#define PEOPLE_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

struct interrupt {
    sigset_t held, before;
};

/* Holds SIGINT, SIGTERM and SIGHUP, unless they are ignored (nohup). */
void interrupt_hold(struct interrupt *i);
/* Has one of them come? */
bool interrupt_asked(const struct interrupt *i);
/* The one that came ends the process here, as if it had come now. */
void interrupt_release(const struct interrupt *i);

#endif
