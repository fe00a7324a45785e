import { describe, expect, it } from "vitest";
import { bundlesOf, chosen, type Found } from "./bundles";

function found(...paths: string[]): Found[] {
  return paths.map((path) => ({ path, file: new File(["x"], path.slice(path.lastIndexOf("/") + 1)) }));
}

async function named(given: Found[], fromFolder = true): Promise<[string, string[], string | null][]> {
  const bundles = await bundlesOf(given, fromFolder);
  return bundles.map((bundle) => [bundle.name, bundle.files.map((file) => file.path), bundle.lacks]);
}

describe("files that were chosen", () => {
  it("are a slide each", async () => {
    expect(await named(found("b.svs", "a.ndpi"), false)).toEqual([
      ["a.ndpi", ["a.ndpi"], null],
      ["b.svs", ["b.svs"], null],
    ]);
  });

  it("of an MRXS slide go with the folder beside them, whatever lies around", async () => {
    const given = found("box/S1.mrxs", "box/S1/Slidedat.ini", "box/S1/Data0000.dat", "box/S2.svs", "box/S1x/a.dat");
    expect(await named(given)).toEqual([
      ["S1.mrxs", ["S1.mrxs", "S1/Data0000.dat", "S1/Slidedat.ini"], null],
      ["S2.svs", ["S2.svs"], null],
    ]);
  });

  it("of an MRXS slide without its folder say that the folder is missing", async () => {
    expect(await named(found("S1.mrxs"), false)).toEqual([["S1.mrxs", ["S1.mrxs"], "folder"]]);
  });

  it("of a VMS slide go with the files that it names", async () => {
    const index = new File(["[Virtual Microscope Specimen]\r\nImageFile=a(0,0).jpg\nMapFile=map.jpg\n"], "s.vms");
    const given = [{ path: "s.vms", file: index }, ...found("a(0,0).jpg", "map.jpg", "other.jpg")];
    expect(await named(given, false)).toEqual([
      ["other.jpg", ["other.jpg"], null],
      ["s.vms", ["s.vms", "a(0,0).jpg", "map.jpg"], null],
    ]);
  });

  it("of DICOM go together by their folder", async () => {
    const given = found("one/1.dcm", "one/2.dcm", "two/IM0001", "two/DICOMDIR", "three.dcm");
    expect(await named(given)).toEqual([
      ["IM0001", ["IM0001"], null],
      ["one", ["one/1.dcm", "one/2.dcm"], null],
      ["three.dcm", ["three.dcm"], null],
    ]);
  });

  it("lose what file managers and scanners leave about, where a folder was given", async () => {
    const given = found("box/.DS_Store", "box/Thumbs.db", "box/scan.log", "box/.cache/a.svs", "box/a.svs");
    expect(await named(given)).toEqual([["a.svs", ["a.svs"], null]]);
    expect(await named(found("scan.log"), false)).toEqual([["scan.log", ["scan.log"], null]]);
  });

  it("keep the folders that the browser tells", () => {
    const file = new File(["x"], "a.svs");
    Object.defineProperty(file, "webkitRelativePath", { value: "box/a.svs" });
    expect(chosen([file]).map(({ path }) => path)).toEqual(["box/a.svs"]);
  });
});
