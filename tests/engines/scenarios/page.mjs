// Claims that one page can try alone: the page names them, the runner asks for one after the other.

export async function inThePage(desk) {
  const browser = await desk.browser();
  for (const name of await browser.main.ask('claims')) {
    await desk.claim(name, () => browser.main.ask('claim', { name }));
  }
  await desk.close(browser);
}
