//go:build !purego

#include "textflag.h"

// lanes<>[4-k:] masks the first k of four numbers.
DATA lanes<>+0(SB)/8, $-1
DATA lanes<>+8(SB)/8, $-1
DATA lanes<>+16(SB)/8, $-1
DATA lanes<>+24(SB)/8, $-1
DATA lanes<>+32(SB)/8, $0
DATA lanes<>+40(SB)/8, $0
DATA lanes<>+48(SB)/8, $0
DATA lanes<>+56(SB)/8, $0
GLOBL lanes<>(SB), RODATA|NOPTR, $64

// func marginsFMA(x *float64, stride, rows int, w *float64, p int, intercept float64, out *float64)
//
// Of each row four sums run over the columns j, j+4, j+8 ...; then they are added as (0+1) + (2+3), and the intercept to that: alike for a row among four and one by itself.
TEXT ·marginsFMA(SB), NOSPLIT, $0-56
	MOVQ         x+0(FP), SI
	MOVQ         stride+8(FP), R8
	SHLQ         $3, R8
	MOVQ         rows+16(FP), CX
	MOVQ         w+24(FP), DX
	MOVQ         p+32(FP), R9
	VBROADCASTSD intercept+40(FP), Y12
	MOVQ         out+48(FP), DI
	MOVQ         R9, R10
	SHRQ         $2, R10           // whole blocks of four columns
	ANDQ         $3, R9            // columns beyond them
	LEAQ         lanes<>+32(SB), AX
	MOVQ         R9, BX
	NEGQ         BX
	VMOVUPD      (AX)(BX*8), Y13
	SUBQ         $4, CX
	JLT          marginsRest

marginsFour:
	LEAQ   (SI)(R8*1), R11
	LEAQ   (SI)(R8*2), R12
	LEAQ   (R11)(R8*2), R13
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	XORQ   AX, AX
	MOVQ   R10, BX
	TESTQ  BX, BX
	JZ     marginsFourTail

marginsFourBlocks:
	VMOVUPD     (DX)(AX*1), Y4
	VFMADD231PD (SI)(AX*1), Y4, Y0
	VFMADD231PD (R11)(AX*1), Y4, Y1
	VFMADD231PD (R12)(AX*1), Y4, Y2
	VFMADD231PD (R13)(AX*1), Y4, Y3
	ADDQ        $32, AX
	DECQ        BX
	JNZ         marginsFourBlocks

marginsFourTail:
	TESTQ       R9, R9
	JZ          marginsFourSum
	VMASKMOVPD  (DX)(AX*1), Y13, Y4
	VMASKMOVPD  (SI)(AX*1), Y13, Y5
	VFMADD231PD Y5, Y4, Y0
	VMASKMOVPD  (R11)(AX*1), Y13, Y5
	VFMADD231PD Y5, Y4, Y1
	VMASKMOVPD  (R12)(AX*1), Y13, Y5
	VFMADD231PD Y5, Y4, Y2
	VMASKMOVPD  (R13)(AX*1), Y13, Y5
	VFMADD231PD Y5, Y4, Y3

marginsFourSum:
	VHADDPD      Y1, Y0, Y0           // a0+a1, b0+b1, a2+a3, b2+b3
	VHADDPD      Y3, Y2, Y2
	VPERM2F128   $0x20, Y2, Y0, Y4    // a0+a1, b0+b1, c0+c1, d0+d1
	VPERM2F128   $0x31, Y2, Y0, Y5    // a2+a3 ...
	VADDPD       Y5, Y4, Y4
	VADDPD       Y12, Y4, Y4
	VMOVUPD      Y4, (DI)
	ADDQ         $32, DI
	LEAQ         (SI)(R8*4), SI
	SUBQ         $4, CX
	JGE          marginsFour

marginsRest:
	ADDQ $4, CX
	JZ   marginsDone

marginsOne:
	VXORPD Y0, Y0, Y0
	XORQ   AX, AX
	MOVQ   R10, BX
	TESTQ  BX, BX
	JZ     marginsOneTail

marginsOneBlocks:
	VMOVUPD     (DX)(AX*1), Y4
	VFMADD231PD (SI)(AX*1), Y4, Y0
	ADDQ        $32, AX
	DECQ        BX
	JNZ         marginsOneBlocks

marginsOneTail:
	TESTQ       R9, R9
	JZ          marginsOneSum
	VMASKMOVPD  (DX)(AX*1), Y13, Y4
	VMASKMOVPD  (SI)(AX*1), Y13, Y5
	VFMADD231PD Y5, Y4, Y0

marginsOneSum:
	VHADDPD      Y0, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDSD       X1, X0, X0
	VADDSD       X12, X0, X0
	VMOVSD       X0, (DI)
	ADDQ         $8, DI
	ADDQ         R8, SI
	DECQ         CX
	JNZ          marginsOne

marginsDone:
	VZEROUPPER
	RET

// func addRowsFMA(x *float64, stride, rows int, r, sum *float64, p int)
//
// Each number of g is added to row after row. Sixteen columns are worked on at once, then four, then the rest.
TEXT ·addRowsFMA(SB), NOSPLIT, $0-48
	MOVQ x+0(FP), SI
	MOVQ stride+8(FP), R8
	SHLQ $3, R8
	MOVQ sum+32(FP), DI
	MOVQ p+40(FP), R9

addRowsSixteen:
	SUBQ    $16, R9
	JLT     addRowsFewer
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	VMOVUPD 96(DI), Y3
	MOVQ    SI, AX
	MOVQ    r+24(FP), BX
	MOVQ    rows+16(FP), CX

addRowsSixteenRows:
	VBROADCASTSD (BX), Y4
	VFMADD231PD  (AX), Y4, Y0
	VFMADD231PD  32(AX), Y4, Y1
	VFMADD231PD  64(AX), Y4, Y2
	VFMADD231PD  96(AX), Y4, Y3
	ADDQ         $8, BX
	ADDQ         R8, AX
	DECQ         CX
	JNZ          addRowsSixteenRows
	VMOVUPD      Y0, (DI)
	VMOVUPD      Y1, 32(DI)
	VMOVUPD      Y2, 64(DI)
	VMOVUPD      Y3, 96(DI)
	ADDQ         $128, DI
	ADDQ         $128, SI
	JMP          addRowsSixteen

addRowsFewer:
	ADDQ $16, R9

addRowsFour:
	SUBQ    $4, R9
	JLT     addRowsTail
	VMOVUPD (DI), Y0
	MOVQ    SI, AX
	MOVQ    r+24(FP), BX
	MOVQ    rows+16(FP), CX

addRowsFourRows:
	VBROADCASTSD (BX), Y4
	VFMADD231PD  (AX), Y4, Y0
	ADDQ         $8, BX
	ADDQ         R8, AX
	DECQ         CX
	JNZ          addRowsFourRows
	VMOVUPD      Y0, (DI)
	ADDQ         $32, DI
	ADDQ         $32, SI
	JMP          addRowsFour

addRowsTail:
	ADDQ       $4, R9
	JZ         addRowsDone
	LEAQ       lanes<>+32(SB), AX
	NEGQ       R9
	VMOVUPD    (AX)(R9*8), Y13
	VMASKMOVPD (DI), Y13, Y0
	MOVQ       SI, AX
	MOVQ       r+24(FP), BX
	MOVQ       rows+16(FP), CX

addRowsTailRows:
	VBROADCASTSD (BX), Y4
	VMASKMOVPD   (AX), Y13, Y5
	VFMADD231PD  Y5, Y4, Y0
	ADDQ         $8, BX
	ADDQ         R8, AX
	DECQ         CX
	JNZ          addRowsTailRows
	VMASKMOVPD   Y0, Y13, (DI)

addRowsDone:
	VZEROUPPER
	RET
