"""The matrix problems of the papers: what is run, the figures and the page of claims."""
