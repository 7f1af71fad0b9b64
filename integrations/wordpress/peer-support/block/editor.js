// @ts-check
/**
 * The block in the editor: a box that says what visitors see, and its choices. The panel itself does not run here: nobody
 * writes a post in the editor.
 */
(({ blockEditor, blocks, components, element }, texts) => {
  const { createElement: h, Fragment } = element;
  const { SelectControl, PanelBody, Placeholder } = components;

  /** @param {{ attributes: { mode: string, country?: string }, setAttributes: (changed: object) => void }} props */
  const edit = ({ attributes, setAttributes }) =>
    h(
      Fragment,
      null,
      h(
        blockEditor.InspectorControls,
        null,
        h(
          PanelBody,
          { title: texts.title },
          h(SelectControl, {
            label: texts.mode,
            value: attributes.mode,
            options: [
              { value: "inline", label: texts.inline },
              { value: "launcher", label: texts.launcher },
            ],
            onChange: (/** @type {string} */ mode) => setAttributes({ mode }),
          }),
          h(SelectControl, {
            label: texts.country,
            value: attributes.country ?? "",
            options: [{ value: "", label: texts.asSet }, ...texts.countries],
            onChange: (/** @type {string} */ country) => setAttributes({ country: country || undefined }),
          }),
        ),
      ),
      h(
        "div",
        blockEditor.useBlockProps(),
        h(Placeholder, {
          icon: "sos",
          label: texts.title,
          instructions: texts.hasServer === "1" ? texts.shown : texts.missing,
        }),
      ),
    );

  // The server draws it.
  blocks.registerBlockType("peer-support/panel", { edit, save: () => null });
})(
  // @ts-ignore: WordPress's own, and what the plugin tells.
  window.wp,
  // @ts-ignore
  window.peerSupportBlock,
);
