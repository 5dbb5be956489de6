// Carries the include folders of the library to the programs of this folder.
