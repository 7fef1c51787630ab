import type { Page } from "playwright-core";

/**
 * Texts of a page whose colour stands out too little from what is behind them, by WCAG 2.2 SC 1.4.3: below 4.5 to 1, or 3 to 1 from 24 px
 * on. Disabled controls and texts that only screen readers get are exempt.
 */
export function lowContrast(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (rgb: number[]) =>
      rgb
        .slice(0, 3)
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, place) => sum + value * ([0.2126, 0.7152, 0.0722][place] ?? 0), 0);
    const over = (top: number[], bottom: number[]) => {
      const alpha = top[3] ?? 1;
      return [0, 1, 2].map((n) => (top[n] ?? 0) * alpha + (bottom[n] ?? 0) * (1 - alpha));
    };
    const backgroundOf = (element: Element | null): number[] => {
      if (!element) return [255, 255, 255];
      const own = channels(getComputedStyle(element).backgroundColor);
      return (own[3] ?? 1) === 1 ? own : over(own, backgroundOf(element.parentElement));
    };
    const found: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const element = text.parentElement;
      if (!element || !text.textContent?.trim() || !element.checkVisibility()) continue;
      if (element.closest(".visually-hidden, :disabled, option, script, style")) continue;
      const { color, fontSize } = getComputedStyle(element);
      const background = backgroundOf(element);
      const both = [luminance(over(channels(color), background)), luminance(background)];
      const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
      if (ratio >= (Number.parseFloat(fontSize) >= 24 ? 3 : 4.5)) continue;
      found.push(`"${text.textContent.trim().slice(0, 40)}" ${ratio.toFixed(2)} to 1 (${color})`);
    }
    return [...new Set(found)];
  });
}
