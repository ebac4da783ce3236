// An editor on one unsaved file of an app: TypeScript's own language service, with marks such as `/*here*/` in the text
// for the places that are asked about.

import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What a person sees while the pointer rests on a name. */
export interface Hover {
  text: string;
  docs: string;
}

/** Opens `text` beside the generated file of the app in this folder. */
export function openEditor(text: string, app: 'declared' | 'generated' = 'declared') {
  const unsaved = at(`./${app}/unsaved.ts`);
  const generated = at(`./${app}/statesync.ts`);
  const { config } = ts.readConfigFile(at('./tsconfig.app.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, at('.'));
  // The sources, because the built types need not be there.
  options.paths = { 'tauri-plugin-statesync-api': [at('../../guest-js/index.ts')] };
  options.allowImportingTsExtensions = true;
  const read = (path: string) => (path === unsaved ? text : ts.sys.readFile(path));
  const service = ts.createLanguageService({
    getScriptFileNames: () => [unsaved, generated],
    getScriptVersion: () => '1',
    getScriptSnapshot(path) {
      const content = read(path);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => at(`./${app}`),
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => path === unsaved || ts.sys.fileExists(path),
    readFile: read,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
  const placeOf = (mark: string) => {
    const index = text.indexOf(`/*${mark}*/`);
    if (index === -1) throw new Error(`no mark "${mark}"`);
    return index + mark.length + 4;
  };
  const docsOf = (parts: ts.SymbolDisplayPart[] | undefined) => ts.displayPartsToString(parts).trim();

  return {
    /** What is shown for the name right after the mark. */
    hover(mark: string): Hover | undefined {
      const info = service.getQuickInfoAtPosition(unsaved, placeOf(mark));
      if (info === undefined) return undefined;
      return { text: ts.displayPartsToString(info.displayParts), docs: docsOf(info.documentation) };
    },
    /** What is offered right after the mark. */
    offers(mark: string): string[] {
      const found = service.getCompletionsAtPosition(unsaved, placeOf(mark), {});
      return (found?.entries ?? []).map(({ name }) => name);
    },
    /** What is said about one of the offers. */
    docsOfOffer(mark: string, name: string): string {
      const place = placeOf(mark);
      const details = service.getCompletionEntryDetails(unsaved, place, name, {}, undefined, {}, undefined);
      return docsOf(details?.documentation);
    },
    /** The complaints about the file. */
    errors(): string[] {
      return service
        .getSemanticDiagnostics(unsaved)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    },
  };
}
