const ASK_EVERY_MS = 40;
export const PATIENCE_MS = 40_000;  // for two cores that do something else as well

/** What `look` finds once it finds something. Throws, naming `what`, when it never does. */
export async function until(what, look, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
