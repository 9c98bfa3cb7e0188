/* What stands on the pages of the preview. */
#ifndef LETTERS_PREVIEW_TABS_H
#define LETTERS_PREVIEW_TABS_H

#include "letters/preview_page.h"

/* preview_sections.c */
void tab_put_sections(struct preview_page *page);
/* preview_tabs.c */
void tab_put_mail(struct preview_page *page);
void tab_put_plain(struct preview_page *page);
void tab_put_sms(struct preview_page *page);
void tab_put_webhook(struct preview_page *page);

#endif
