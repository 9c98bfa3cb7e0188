#include "engine/progress_page.h"

#include <stdint.h>
#include <sys/mman.h>

/*
 * Volatile, so that every note is in memory before the call it announces. No lock and no order
 * between the two processes is needed: the scheduler reads when the worker is dead, or before it
 * knows of the packet.
 */
struct progress_page {
    volatile uint8_t ready;
    volatile uint8_t stage;
    volatile uint32_t item;
    volatile uint8_t started[PROGRESS_ITEMS_MAX];
};

_Static_assert(sizeof(struct progress_page) <= 4096, "one page");

static const char *const stage_names[PROGRESS_STAGES] = {
    [PROGRESS_READING] = "reading its packet",
    [PROGRESS_RENDERING] = "rendering",
    [PROGRESS_COMPOSING] = "composing",
    [PROGRESS_SENDING] = "sending",
};

const char *progress_stage_name(enum progress_stage stage)
{
    return stage_names[stage];
}

struct progress_page *progress_page_open(void)
{
    void *at = mmap(NULL, sizeof(struct progress_page), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return at != MAP_FAILED ? at : NULL;
}

void progress_page_close(struct progress_page *page)
{
    if (page != NULL)
        munmap(page, sizeof(*page));
}

void progress_page_reset(struct progress_page *page, size_t count)
{
    page->stage = PROGRESS_READING;
    page->item = 0;
    for (size_t i = 0; i < count; i++)
        page->started[i] = 0;
}

void progress_page_be_ready(struct progress_page *page)
{
    page->ready = 1;
}

bool progress_page_is_ready(const struct progress_page *page)
{
    return page->ready != 0;
}

void progress_page_enter(struct progress_page *page, enum progress_stage stage, size_t item)
{
    page->item = (uint32_t)item;
    page->stage = (uint8_t)stage;
}

void progress_page_start(struct progress_page *page, size_t item)
{
    page->started[item] = 1;
}

bool progress_page_read(const struct progress_page *page, size_t count, struct progress *out)
{
    uint8_t stage = page->stage;
    uint32_t item = page->item;
    if (stage >= PROGRESS_STAGES || item >= count)
        return false;
    *out = (struct progress){(enum progress_stage)stage, item};
    return true;
}

/* Anything but a clean zero: saying "perhaps" too often is harmless, "no" is not. */
bool progress_page_has_started(const struct progress_page *page, size_t item)
{
    return page->started[item] != 0;
}
