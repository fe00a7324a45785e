/** A file as it was dropped or chosen: `path` with the folders it lay in, `/` between them. */
export interface Found {
  path: string;
  file: File;
}

/** What becomes one slide: its files with the names that the server stores, the leading one first. */
export interface Bundle {
  name: string;
  files: Found[];
  /** What cannot be a slide without more: the leading file of a folder that was not chosen. */
  lacks: "folder" | "files" | null;
}

const CLUTTER = /^(\.|~\$)|^(thumbs\.db|desktop\.ini|dicomdir)$/i;
/** Beside slides in a scanner's folder, and no slides: left alone where a whole folder is given. */
const NOT_SLIDES = /\.(txt|log|xml|json|csv|ini|dat|opt|lnk|md5|sha1|sha256|pdf|html?|part|tmp|partial|crdownload)$/i;
const LEADING = /\.(mrxs|vms|vmu)$/i;
/** Text files that name their siblings are small. */
const LARGEST_INDEX = 4 * 1024 * 1024;

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The files below `folder`, named from it. */
function within(found: readonly Found[], folder: string): Found[] {
  return found.filter(({ path }) => path.startsWith(folder));
}

function named(found: Found, folder: string): Found {
  return { path: found.path.slice(folder.length), file: found.file };
}

function mrxs(leading: Found, all: readonly Found[]): Bundle {
  const folder = folderOf(leading.path);
  const stem = baseOf(leading.path).replace(/\.mrxs$/i, "");
  const parts = within(all, `${folder}${stem}/`);
  const whole = parts.some(({ path }) => baseOf(path).toLowerCase() === "slidedat.ini");
  return {
    name: baseOf(leading.path),
    files: [leading, ...parts].map((part) => named(part, folder)),
    lacks: whole ? null : "folder",
  };
}

async function vms(leading: Found, all: readonly Found[]): Promise<Bundle> {
  const folder = folderOf(leading.path);
  const text = leading.file.size > LARGEST_INDEX ? "" : await leading.file.text();
  const values = text.split(/\r?\n/).flatMap((line) => (line.includes("=") ? [line.slice(line.indexOf("=") + 1)] : []));
  const wanted = new Set(values.map((value) => value.trim()));
  const parts = all.filter(({ path }) => folderOf(path) === folder && wanted.has(baseOf(path)));
  return {
    name: baseOf(leading.path),
    files: [leading, ...parts].map((part) => named(part, folder)),
    lacks: parts.length > 0 ? null : "files",
  };
}

function isDicom({ path }: Found): boolean {
  return /\.dcm$/i.test(path) || !baseOf(path).includes(".");
}

/** The DICOM files of each folder together: the server tells the slides among them apart. */
function dicom(rest: readonly Found[]): Bundle[] {
  const folders = new Map<string, Found[]>();
  for (const found of rest.filter(isDicom)) {
    const folder = folderOf(found.path);
    folders.set(folder, [...(folders.get(folder) ?? []), found]);
  }
  return [...folders].map(([folder, files]) => ({
    name: files.length === 1 || folder === "" ? baseOf(files[0]?.path ?? "") : baseOf(folder.slice(0, -1)),
    // With the name of their own folder: it is what the slide is called.
    files: files.map((file) => named(file, files.length === 1 ? folder : folderOf(folder.slice(0, -1)))),
    lacks: null,
  }));
}

/** Sort files into slides. `fromFolder`: whether whole folders were given, in which lies more than slides. */
export async function bundlesOf(given: readonly Found[], fromFolder: boolean): Promise<Bundle[]> {
  const all = given
    .filter(({ path }) => !path.split("/").some((part) => CLUTTER.test(part)))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
  const leading = all.filter(({ path }) => LEADING.test(path));
  const bundles: Bundle[] = [];
  for (const found of leading) bundles.push(/\.mrxs$/i.test(found.path) ? mrxs(found, all) : await vms(found, all));
  const taken = new Set(bundles.flatMap((bundle) => bundle.files.map(({ file }) => file)));
  const rest = all.filter(({ file, path }) => !taken.has(file) && !(fromFolder && NOT_SLIDES.test(path)));
  bundles.push(...dicom(rest));
  const single = rest.filter((found) => !isDicom(found));
  bundles.push(
    ...single.map((found) => ({ name: baseOf(found.path), files: [named(found, folderOf(found.path))], lacks: null })),
  );
  return bundles.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Every file that was dropped, folders gone through. */
export async function dropped(transfer: DataTransfer): Promise<{ found: Found[]; fromFolder: boolean }> {
  // The list of items is empty once the event is over: the entries are taken before anything is waited for.
  const entries = [...transfer.items].flatMap((item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
    return entry === null ? [] : [entry];
  });
  const found: Found[] = [];
  for (const entry of entries) await collect(entry, "", found);
  return { found, fromFolder: entries.some((entry) => entry.isDirectory) };
}

async function collect(entry: FileSystemEntry, folder: string, into: Found[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    into.push({ path: folder + entry.name, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A hundred at a time, until there are none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return;
    for (const inner of some) await collect(inner, `${folder}${entry.name}/`, into);
  }
}

/** Files of an `<input type="file">`, of a folder where it asks for one. */
export function chosen(list: FileList | readonly File[]): Found[] {
  return [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}
