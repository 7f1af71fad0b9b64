// Nothing of its own: for the tools that look here.
export default {};
